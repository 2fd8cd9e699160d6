/*
 * meta/meta.c - the pages of everything in meta/, counted.
 *
 * Sizes are rounded to OS pages here, the same way each time, so that what is
 * given back is what was counted.
 */
#include "meta/meta.h"

#include <stdatomic.h>

#include "base/bits.h"
#include "os/page.h"

/* Bytes mapped by meta/ now. Atomic. */
static _Atomic uint64_t mapped_bytes;

uint64_t
meta_bytes(void)
{
    return atomic_load_explicit(&mapped_bytes, memory_order_relaxed);
}

static void
count_bytes(size_t size)
{
    (void)atomic_fetch_add_explicit(&mapped_bytes, size, memory_order_relaxed);
}

static void
uncount_bytes(size_t size)
{
    (void)atomic_fetch_sub_explicit(&mapped_bytes, size, memory_order_relaxed);
}

void *
meta_map(size_t size)
{
    void *p;

    if (size == 0 || !bits_try_align_up(size, page_size(), &size))
        return NULL;
    p = page_map(size);
    if (p == NULL)
        return NULL;
    page_exclude_from_dump(p, size);
    count_bytes(size);
    return p;
}

void
meta_unmap(void *p, size_t size)
{
    size = bits_align_up(size, page_size());
    page_unmap(p, size);
    uncount_bytes(size);
}

/* The kernel keeps the wish to leave the pages out of core dumps. */
void *
meta_remap(void *p, size_t old_size, size_t new_size)
{
    void *moved;

    old_size = bits_align_up(old_size, page_size());
    if (new_size == 0 || !bits_try_align_up(new_size, page_size(), &new_size))
        return NULL;
    moved = page_remap(p, old_size, new_size, true);
    if (moved == NULL)
        return NULL;
    count_bytes(new_size);
    uncount_bytes(old_size);
    return moved;
}
