/*
 * meta/region.c - bump allocation for what the library keeps to itself.
 *
 * A chunk begins with its head, then come the items. What is too large for a
 * chunk gets one of its own, put behind the newest so that the newest goes on
 * being filled.
 */
#include "meta/region.h"

#include <stdbool.h>
#include <string.h>

#include "base/bits.h"
#include "os/page.h"
#include "os/process.h"

#define CHUNK_SIZE ((size_t)64 * 1024)
#define ALIGN_MAX 4096
#define CHUNK_MOST ((size_t)1 << 25)

struct region_chunk {
    struct region_chunk *next;
    size_t size; /* bytes, with this head and without the closed page */
};

/*
 * map_chunk - map a chunk of at least `size` bytes, not yet in the region. The
 * page before it stays closed: what the program writes past the end of a
 * mapping of its own, which the kernel put there, faults and does not reach us.
 */
static struct region_chunk *
map_chunk(size_t size)
{
    struct region_chunk *chunk;
    char *pages;

    if (!bits_try_align_up(size, page_size(), &size) ||
        size > SIZE_MAX - page_size())
        return NULL;
    pages = meta_map(size + page_size());
    if (pages == NULL)
        return NULL;
    /* Where the kernel has no mapping left for it, it does without. */
    (void)!page_protect(pages, page_size());
    chunk = (struct region_chunk *)(void *)(pages + page_size());
    chunk->size = size;
    return chunk;
}

/* take_own_chunk - an item too large to share one; `need` counts the head and
 * the worst alignment. */
static void *
take_own_chunk(struct region *region, size_t need, size_t align)
{
    struct region_chunk *chunk = map_chunk(need);

    if (chunk == NULL)
        return NULL;
    if (region->chunks == NULL) {
        region->chunks = chunk;
    } else {
        chunk->next = region->chunks->next;
        region->chunks->next = chunk;
    }
    return (void *)bits_align_up((uintptr_t)(chunk + 1), align);
}

/* start_chunk - a new newest chunk, a quarter of what there was and at least
 * `size`; what the old one had left is lost. */
static bool
start_chunk(struct region *region, size_t size)
{
    size_t more = bits_align_down(region->chunk_bytes / 4, PAGE_HUGE);
    struct region_chunk *chunk = NULL;

    more = more > CHUNK_MOST ? CHUNK_MOST : more;
    if (more > size)
        chunk = map_chunk(more);
    if (chunk != NULL)
        page_prefer_huge(chunk, chunk->size);
    else
        chunk = map_chunk(size);
    if (chunk == NULL)
        return false;
    region->chunk_bytes += chunk->size;
    chunk->next = region->chunks;
    region->chunks = chunk;
    region->next = (unsigned char *)(chunk + 1);
    region->end = (unsigned char *)chunk + chunk->size;
    return true;
}

void *
region_take(struct region *region, size_t size, size_t align)
{
    size_t chunk_size = region->chunk_size ? region->chunk_size : CHUNK_SIZE;
    size_t need;
    uintptr_t start;

    DEBUG_ASSERT(bits_is_power(align) && align <= ALIGN_MAX);
    if (!bits_try_add(size, sizeof(struct region_chunk) + align - 1, &need))
        return NULL;
    for (;;) {
        start = bits_align_up((uintptr_t)region->next, align);
        if (region->next != NULL && start <= (uintptr_t)region->end &&
            size <= (uintptr_t)region->end - start) {
            region->next = (unsigned char *)start + size;
            return (void *)start;
        }
        if (need > chunk_size)
            return take_own_chunk(region, need, align);
        if (!start_chunk(region, chunk_size))
            return NULL;
    }
}

char *
region_text(struct region *region, const char *text, size_t n)
{
    size_t size;
    char *copy;

    if (!bits_try_add(n, 1, &size))
        return NULL;
    copy = region_take(region, size, 1);
    if (copy != NULL)
        memcpy(copy, text, n); /* the NUL is there: memory comes zeroed */
    return copy;
}

void
region_fini(struct region *region)
{
    struct region_chunk *chunk = region->chunks;

    while (chunk != NULL) {
        struct region_chunk *next = chunk->next;

        meta_unmap((char *)chunk - page_size(), chunk->size + page_size());
        chunk = next;
    }
    region->chunks = NULL;
    region->next = NULL;
    region->end = NULL;
    region->chunk_bytes = 0;
}
