/*
 * meta/pool.c - items of one size, taken and given back.
 *
 * Items given back are a list linked through their first word, last in first
 * out, so that the item taken next is likely to be in the cache.
 */
#include "meta/pool.h"

#include <assert.h>

#include "os/process.h"

/* What an item given back holds: the address of the next. */
#define LINK_SIZE 8

static_assert(LINK_SIZE == sizeof(void *), "a link is one pointer");

void *
pool_take(struct pool *pool)
{
    void *item = pool->free;

    DEBUG_ASSERT(pool->item_size >= LINK_SIZE);
    if (item != NULL)
        pool->free = *(void **)item;
    else
        item = region_take(&pool->region, pool->item_size, pool->item_align);
    if (item != NULL)
        pool->live++;
    return item;
}

void
pool_give(struct pool *pool, void *item)
{
    DEBUG_ASSERT(pool->live > 0);
    *(void **)item = pool->free;
    pool->free = item;
    pool->live--;
}
