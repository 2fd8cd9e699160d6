/*
 * monitor/doubt.c - of which blocks it is not sure that they live.
 */
#include "monitor/doubt.h"

#include <stddef.h>
#include <stdint.h>

#include "track/track.h"
#include "leak/leak.h"

/* See doubt.h: an unseen free for so many blocks is enough to doubt. */
#define BLOCKS_FOR_EACH 4

static uint64_t
count_of(const struct table *table, const struct trace *trace)
{
    uint64_t count = 0;

    if (trace != NULL)
        (void)table_find(table, trace->id, &count); /* not there: 0 */
    return count;
}

static void
add_to(struct table *table, const struct trace *trace, uint64_t n)
{
    if (trace != NULL && n > 0)
        (void)!table_insert(table, trace->id, count_of(table, trace) + n);
}

/* Of two blocks in one place the younger lives. */
static void
note_overlap(uintptr_t outer, uintptr_t inner, void *context)
{
    struct doubt *doubt = context;
    struct block a, b;
    const struct block *older;

    if (!track_examine(outer, &a) || !track_examine(inner, &b))
        return;
    older = a.time_ns < b.time_ns ? &a : &b;
    if (a.time_ns != b.time_ns &&
        table_insert(&doubt->gone, older->addr, 1) == 0)
        add_to(&doubt->unseen, older->alloc, 1);
}

/* How often its stack's blocks were freed unseen. */
static uint64_t
unseen_of(const struct doubt *doubt, const struct trace *trace)
{
    return trace == NULL
               ? 0
               : track_unseen(trace->id) + count_of(&doubt->unseen, trace);
}

static bool
count_lost(const struct block *block, void *context)
{
    struct doubt *doubt = context;
    uintptr_t leader;

    if (unseen_of(doubt, block->alloc) > 0 &&
        snapshot_is_lost(leak_kind(block->addr, &leader)))
        add_to(&doubt->lost, block->alloc, 1);
    return true;
}

void
doubt_begin(struct doubt *doubt)
{
    struct track_observed observed;

    *doubt = (struct doubt){TABLE_INIT, TABLE_INIT, TABLE_INIT};
    if (!track_is_observing())
        return;
    leak_overlaps(note_overlap, doubt);
    track_observed(&observed);
    if (observed.replaced != 0 || doubt->gone.count != 0)
        (void)track_walk(TRACK_WALK_LIVE, count_lost, doubt);
}

void
doubt_end(struct doubt *doubt)
{
    table_fini(&doubt->gone);
    table_fini(&doubt->unseen);
    table_fini(&doubt->lost);
}

enum leak_kind
doubt_kind(const struct doubt *doubt, const struct block *block,
           enum leak_kind kind)
{
    uint64_t unused, unseen;

    if (table_find(&doubt->gone, block->addr, &unused))
        return LEAK_UNSEEN;
    if (!snapshot_is_lost(kind))
        return kind;
    unseen = unseen_of(doubt, block->alloc);
    return unseen > 0 && unseen * BLOCKS_FOR_EACH >=
                             count_of(&doubt->lost, block->alloc)
               ? LEAK_UNSEEN
               : kind;
}
