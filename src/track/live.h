/*
 * track/live.h - the live set: from records to blocks.
 */
#ifndef TRACK_LIVE_H
#define TRACK_LIVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "heap/heap.h"
#include "model/block.h"

/* live_user - the user address of the block in `slot`, which has a record. */
static ALWAYS_INLINE uintptr_t
live_user(const struct slot *slot)
{
    return slot->start + (uintptr_t)slot->record->offset * 16;
}

/* What is known of a slot's block, copied while other threads go on. */
struct live_copy {
    struct record record;
    struct history history; /* zeroed where the block has none */
};

/* live_take_copy - copy it now. What it says is of one moment if, after all
 * that is done with it, live_has_changed is false. */
static inline void
live_take_copy(const struct slot *slot, struct live_copy *out_copy)
{
    memcpy(&out_copy->record, slot->record, sizeof(out_copy->record));
    atomic_thread_fence(memory_order_acquire);
    if (out_copy->record.is_bare)
        memset(&out_copy->history, 0, sizeof(out_copy->history));
    else
        memcpy(&out_copy->history, heap_history(slot),
               sizeof(out_copy->history));
    atomic_thread_fence(memory_order_acquire);
}

static inline bool
live_has_changed(const struct slot *slot, const struct live_copy *copy)
{
    atomic_thread_fence(memory_order_acquire);
    return memcmp(&copy->record, slot->record, sizeof(copy->record)) != 0 ||
           (!copy->record.is_bare &&
            memcmp(&copy->history, heap_history(slot),
                   sizeof(copy->history)) != 0);
}

/* live_describe - copy what the record says of the block in `slot`. */
void live_describe(const struct slot *slot, struct block *out_block);

/*
 * live_find - the slot of the live block whose user address is exactly `p`.
 *
 * Returns false if there is none.   Thread: any.   Signal: yes.
 */
bool live_find(const void *p, struct slot *out_slot);

#endif
