/*
 * pages.c - what meta/meta.c is to the library, for fuzz targets: each mapping
 * is a block of ASan's.
 *
 * So what is read behind the end of a buffer, or after it was given back, is
 * found though it lies in a mapped page; and no execution waits for the kernel
 * to map pages and to clear them.
 *
 * ASan's blocks begin at no page, so the one that region.c wants closed before
 * its chunks stays open.
 */
#include <stdlib.h>
#include <string.h>

#include "meta/meta.h"

const char *__asan_default_options(void);

/* As few different pages as may be: a fresh one costs more than to clear it. */
const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=4:thread_local_quarantine_size_kb=512";
}

void *
meta_map(size_t size)
{
    return size == 0 ? NULL : calloc(1, size);
}

void
meta_unmap(void *p, size_t size)
{
    (void)size;
    free(p);
}

void *
meta_remap(void *p, size_t old_size, size_t new_size)
{
    char *moved = new_size == 0 ? NULL : calloc(1, new_size);

    if (moved == NULL)
        return NULL;
    memcpy(moved, p, old_size < new_size ? old_size : new_size);
    free(p);
    return moved;
}
