/*
 * track/live.h - the live set: from records to blocks.
 */
#ifndef TRACK_LIVE_H
#define TRACK_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "heap/heap.h"
#include "model/block.h"

/* live_user - the user address of the block in `slot`, which has a record. */
static ALWAYS_INLINE uintptr_t
live_user(const struct slot *slot)
{
    return slot->start + (uintptr_t)slot->record->offset * 16;
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
