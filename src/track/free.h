/*
 * track/free.h - what ending a block shares with resizing one.
 */
#ifndef TRACK_FREE_H
#define TRACK_FREE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "heap/heap.h"
#include "model/block.h"
#include "track/alloc.h"
#include "track/policy.h"
#include "track/self.h"
#include "track/track.h"

/* free_claim - change the state from LIVE to FREED; false if the block is not
 * LIVE. Of several threads that try, one succeeds. */
static ALWAYS_INLINE bool
free_claim(struct record *record)
{
    uint8_t live = BLOCK_LIVE;

    if (self_is_alone)
        return arch_replace_alone(&record->state, BLOCK_LIVE, BLOCK_FREED);
    return atomic_compare_exchange_strong_explicit(
        &record->state, &live, BLOCK_FREED, memory_order_acq_rel,
        memory_order_acquire);
}

/* free_is_right - `call`, told size and align, is right for the block of
 * `record`, which is the program's. What is not, whether that is asked for or
 * not, is for the full way. */
static ALWAYS_INLINE bool
free_is_right(const struct record *record, enum origin call, size_t size,
              size_t align)
{
    /* A damaged record, and what is ours, is nobody's partner. */
    return LIKELY(record->origin < ORIGIN__COUNT) &&
           LIKELY((block_partners[call] >> record->origin & 1) != 0) &&
           align == TRACK_NOT_GIVEN &&
           (size == TRACK_NOT_GIVEN || size == record->size);
}

/* free_own_slot - the slot of this thread's own span that begins at `p`: its
 * index, and the span; SPAN_NONE where that is not so. */
static ALWAYS_INLINE uint32_t
free_own_slot(const struct self *self, uintptr_t p, struct span **out_span)
{
    struct span *span = pagemap_find(p);
    uint32_t index;

    if (UNLIKELY(span == NULL || span->kind != SPAN_SLOTS ||
                 span->owner != &self->cache))
        return SPAN_NONE;
    index = span_index(span, p);
    if (UNLIKELY(index >= span->carved || span_slot(span, index) != p))
        return SPAN_NONE;
    *out_span = span;
    return index;
}

/*
 * free_left_end - where the block in the slot before that of `record` ends,
 * whose own slot starts at `start`; `most` if none lives there, or if it ends
 * later. Its line is at hand, so its slack is verified, too.
 */
static ALWAYS_INLINE uintptr_t
free_left_end(const struct record *record, uintptr_t start, size_t slot_size,
              uintptr_t most)
{
    const struct record *left = record - 1;
    uintptr_t end;

    if (atomic_load_explicit(&left->state, memory_order_acquire) != BLOCK_LIVE)
        return most;
    end = start - slot_size + (uintptr_t)left->offset * 16 + left->size;
    return LIKELY(end < most) ? end : most;
}

/* free_write_history - the block, which was claimed, ends now. */
static ALWAYS_INLINE void
free_write_history(struct self *self, struct history *history, stack_id stack)
{
    history->freed_stack = stack;
    history->freed_thread = self->short_number;
    history->time = self_stamp(self);
}

/* free_recorded - track_free in a heap with records, of a pointer that is not
 * NULL, from having entered to leaving. */
void free_recorded(struct self *self, void *p, enum origin call, size_t size,
                   size_t align, const void *caller);

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
