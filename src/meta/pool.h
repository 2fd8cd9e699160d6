/*
 * meta/pool.h - items of one size, taken and given back.
 *
 * Items come from a region and return to a free list; memory is never given
 * back to the kernel, so the address of an item always holds an item
 * (type-stable: a stale reader sees an old item, never another type). Not
 * locked: its owner is.
 */
#ifndef META_POOL_H
#define META_POOL_H

#include <stddef.h>

#include "base/attr.h"
#include "meta/region.h"

struct pool {
    struct region region;
    void *free;        /* items given back, linked by their first word */
    size_t item_size;  /* bytes, >= sizeof(void *) */
    size_t item_align; /* a power of two, <= 4096 */
    size_t live;       /* items taken and not given back */
};

#define POOL_INIT(type)                                                        \
    {.region = REGION_INIT, .free = NULL, .item_size = sizeof(type),           \
     .item_align = _Alignof(type), .live = 0}

/* pool_take - an item, zeroed only where it never was one before, or NULL.
 * The first word of a reused item is undefined; the rest is as it was given. */
void *MUST_CHECK pool_take(struct pool *pool);

/* pool_give - take back an item of this pool. */
void pool_give(struct pool *pool, void *item);

#endif
