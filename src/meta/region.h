/*
 * meta/region.h - bump allocation for what the library keeps to itself.
 *
 * A region grows by mappings of its own, the larger the more there are, each
 * with a closed page before it, and gives nothing back before region_fini. Its
 * memory is left out of core dumps and counted in meta_bytes. It is not locked:
 * its owner is.
 */
#ifndef META_REGION_H
#define META_REGION_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/meta.h"

struct region_chunk;

struct region {
    struct region_chunk *chunks; /* newest first */
    unsigned char *next;         /* free bytes of the newest chunk */
    unsigned char *end;
    size_t chunk_size;  /* bytes to map at a time; 0 = 64 KiB */
    size_t chunk_bytes; /* that were mapped so, in all */
};

#define REGION_INIT                                                            \
    {                                                                          \
        .chunks = NULL, .next = NULL, .end = NULL, .chunk_size = 0             \
    }

/*
 * region_take - `size` zeroed bytes aligned to `align` (a power of two, at
 * most 4096), or NULL where the kernel refuses.
 *
 * Thread: owner.   Signal: no.   Cost: O(1).
 */
void *MUST_CHECK region_take(struct region *region, size_t size, size_t align);

/* region_text - a copy of the `n` bytes at `text`, terminated, or NULL. */
char *MUST_CHECK region_text(struct region *region, const char *text, size_t n);

/* region_fini - give everything back; the region is empty and usable. */
void region_fini(struct region *region);

#endif
