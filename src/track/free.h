/*
 * track/free.h - what ending a block shares with resizing one.
 */
#ifndef TRACK_FREE_H
#define TRACK_FREE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "heap/heap.h"
#include "model/block.h"
#include "track/self.h"

/* free_claim - change the state from LIVE to FREED; false if the block is not
 * LIVE. Of several threads that try, one succeeds. */
static ALWAYS_INLINE bool
free_claim(struct record *record)
{
    uint8_t live = BLOCK_LIVE;

    return atomic_compare_exchange_strong_explicit(
        &record->state, &live, BLOCK_FREED, memory_order_acq_rel,
        memory_order_acquire);
}

/* free_wrong - `p`, given to `call`, is no live block: say what it is. */
void free_wrong(struct self *self, const void *p, enum origin call,
                const void *caller);

/* free_retire - the rest of a free, once the caller has changed the record's
 * state from LIVE: verify, count, write who freed it, give the slot back. */
void free_retire(struct self *self, const struct slot *slot, enum origin call,
                 stack_id stack, const void *caller);

/* free_plain - free in a heap without records. */
void free_plain(struct self *self, void *p, enum origin call,
                const void *caller);

#endif
