/*
 * track/live.c - look-ups and walks over the records.
 *
 * A record may change while it is read: its state is read before and after,
 * and a copy that is not of one moment is thrown away.
 */
#include "track/live.h"

#include <string.h>

#include "os/clock.h"
#include "track/annotate.h"
#include "stack/stack.h"
#include "track/foreign.h"
#include "track/stamp.h"
#include "track/self.h"
#include "track/track.h"

static void
tell_history(const struct slot *slot, struct block *block)
{
    const struct history *history = heap_history(slot);

    block->thread = history->thread;
    /* One that was begun late knows no time: see alloc_open_history. */
    if (history->alloc_stack != STACK_ID_NONE || history->time != 0)
        block->time_ns = stamp_to_ns(history->time);
    block->alloc = depot_find(history->alloc_stack);
    if (block->state == BLOCK_LIVE) {
        block->align = annotate_align(slot);
        block->is_ignored = (annotate_of(slot) & ANNOTATE_IGNORED) != 0;
        block->name = annotate_of(slot) >> ANNOTATE_NAME_SHIFT;
        block->mark = history->freed_stack;
    } else {
        block->free_thread = history->freed_thread;
        block->freed = depot_find(history->freed_stack);
    }
}

void
live_describe(const struct slot *slot, struct block *out_block)
{
    const struct record *record = slot->record;
    struct block block;

    memset(&block, 0, sizeof(block));
    block.addr = live_user(slot);
    block.size = heap_block_size(slot);
    block.slot = slot->start;
    block.slot_size = slot->end - slot->start;
    block.state = (enum block_state)atomic_load_explicit(&record->state,
                                                         memory_order_acquire);
    if (block.state == BLOCK_BLANK)
        block.state = BLOCK_FREED;
    block.origin = (enum origin)record->origin;
    if (!record->is_bare)
        tell_history(slot, &block);
    *out_block = block;
}

bool
live_find(const void *p, struct slot *out_slot)
{
    return heap_find((uintptr_t)p, out_slot) && out_slot->record != NULL &&
           atomic_load_explicit(&out_slot->record->state,
                                memory_order_acquire) == BLOCK_LIVE &&
           live_user(out_slot) == (uintptr_t)p;
}

/* The records of a moment: equal copies before and after. */
static bool
describe_once(const struct slot *slot, struct block *out_block)
{
    struct live_copy copy;

    for (int i = 0; i < 3; i++) {
        live_take_copy(slot, &copy);
        live_describe(slot, out_block);
        if (!live_has_changed(slot, &copy))
            return true;
    }
    return false;
}

bool
track_examine(uintptr_t addr, struct block *out_block)
{
    struct slot slot;
    struct block block;

    addr = arch_strip_tag(addr);
    if (foreign_is_on())
        return foreign_find(addr, out_block);
    if (!heap_find(addr, &slot) || slot.record == NULL ||
        !describe_once(&slot, &block) || block.state == BLOCK_NEVER ||
        block.origin == ORIGIN_INTERNAL)
        return false;
    *out_block = block;
    return true;
}

struct walk {
    unsigned flags;
    uint64_t visited;
    bool (*visit)(const struct block *, void *);
    void *context;
};

static bool
visit_slot(const struct slot *slot, void *context)
{
    struct walk *walk = context;
    struct block block;

    switch (atomic_load_explicit(&slot->record->state, memory_order_acquire)) {
    case BLOCK_LIVE:
        if ((walk->flags & TRACK_WALK_LIVE) == 0)
            return true;
        break;
    case BLOCK_FREED:
    case BLOCK_QUARANTINED:
    case BLOCK_BLANK:
        if ((walk->flags & TRACK_WALK_FREED) == 0)
            return true;
        break;
    default:
        return true;
    }
    if (!describe_once(slot, &block) || block.origin == ORIGIN_INTERNAL ||
        block.state == BLOCK_NEVER ||
        (walk->flags & (block.state == BLOCK_LIVE ? TRACK_WALK_LIVE
                                                  : TRACK_WALK_FREED)) == 0)
        return true;
    walk->visited++;
    return walk->visit(&block, walk->context);
}

uint64_t
track_walk(unsigned flags, bool (*visit)(const struct block *, void *),
           void *context)
{
    struct walk walk = {flags, 0, visit, context};
    struct self *self;

    if (!track_is_recording())
        return 0;
    if (foreign_is_on())
        return (flags & TRACK_WALK_LIVE) != 0 ? foreign_walk(visit, context)
                                              : 0;
    /* What the visitor's own calls allocate must not wait for a lock that the
     * walk holds. */
    self = self_enter();
    if (self == NULL)
        return 0;
    heap_walk(visit_slot, &walk);
    self_leave(self);
    return walk.visited;
}

uint32_t
track_block_mark(const struct block *block)
{
    return block->mark;
}
