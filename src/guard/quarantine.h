/*
 * guard/quarantine.h - freed blocks that are kept from reuse for a while.
 *
 * While a block is held, nobody else gets its memory, so a write through an old
 * pointer hits nothing but the fill, and is found when the block leaves, in a
 * heap check or at exit; and a second free is known for what it is.
 *
 * A thread collects what it frees in a batch of its own, its front, without
 * a lock; full batches go to the shared tail, first in, first out. Blocks with
 * pages of their own (RUN, LARGE) go to a tail of theirs at once and are the
 * first to leave where the bound is passed, down to a quarter of it, so that
 * a few huge ones do not push all small ones out. One whose pages are closed
 * costs next to nothing and counts for that much.
 *
 * The quarantine knows slots and nothing else: what a held block must look
 * like, and what is done with one that leaves, is track's (track/retire.c).
 *
 * Locks: quarantine_lock, rank GUARD.
 */
#ifndef GUARD_QUARANTINE_H
#define GUARD_QUARANTINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/heap.h"

#define QUARANTINE_BATCH 123

/* A held block's slot: the index, and above it the span's address. Without
 * being asked for more, kernels give no address of more than 47 bits. */
typedef uint64_t quarantine_slot;

/* Held blocks, in the order they came in. */
struct quarantine_batch {
    struct quarantine_batch *next;
    uint64_t bytes; /* what they count for */
    uint64_t bytes_most; /* a front's: with so many, or so many blocks, it */
    uint32_t count_most; /* is full */
    uint32_t count; /* blocks in `slots` */
    uint32_t first; /* the tail of big blocks: those before it are gone */
    quarantine_slot slots[QUARANTINE_BATCH];
};

/* The part that one self has; written by its holder alone. */
struct quarantine_front {
    struct quarantine_batch *batch; /* NULL: none yet */
    _Atomic uint64_t bytes;         /* of the batch; read by anyone */
    _Atomic uint64_t blocks;
};

static ALWAYS_INLINE quarantine_slot
quarantine_slot_of(const struct span *span, uint32_t index)
{
    return (uint64_t)(uintptr_t)span << 16 | index;
}

static ALWAYS_INLINE struct span *
quarantine_span(quarantine_slot slot)
{
    return (struct span *)(uintptr_t)(slot >> 16);
}

static ALWAYS_INLINE uint32_t
quarantine_index(quarantine_slot slot)
{
    return (uint32_t)(slot & 0xffff);
}

/*
 * quarantine_add - hold the block in slot `index` of a span of slots, whose
 * record says so already: the front has room for it, and is not full then.
 *
 * Returns false, with nothing done, where that is not so: quarantine_insert.
 * Thread: owner of `front`.   Signal: yes.   Locks: none.
 */
static ALWAYS_INLINE bool
quarantine_add(struct quarantine_front *front, const struct span *span,
               uint32_t index)
{
    struct quarantine_batch *batch = front->batch;
    uint64_t bytes;
    uint32_t count;

    if (UNLIKELY(batch == NULL))
        return false;
    bytes = batch->bytes + span->slot_size;
    count = batch->count + 1;
    if (UNLIKELY(bytes >= batch->bytes_most || count >= batch->count_most))
        return false;
    batch->slots[batch->count] = quarantine_slot_of(span, index);
    batch->count = count;
    batch->bytes = bytes;
    atomic_store_explicit(&front->bytes, bytes, memory_order_relaxed);
    atomic_store_explicit(&front->blocks, count, memory_order_relaxed);
    return true;
}

/*
 * quarantine_insert - hold the block in `slot`, whose record says so already.
 *
 * nested: the call may have interrupted the holder of the lock.
 * Returns batches whose blocks must leave now, or NULL; each is given back by
 * quarantine_give. Without memory for a batch the block itself is to leave:
 * false in *out_held.
 * Thread: owner of `front`.   Signal: yes.   Locks: guard, tried where nested.
 */
struct quarantine_batch *quarantine_insert(struct quarantine_front *front,
                                           const struct slot *slot,
                                           bool nested, bool *out_held);

/* quarantine_give - take back a batch whose blocks have left. */
void quarantine_give(struct quarantine_batch *batch, bool nested);

/* quarantine_hand_over - move a front's blocks to the shared tail, as its
 * thread ends; what must leave for them, as quarantine_insert. */
struct quarantine_batch *quarantine_hand_over(struct quarantine_front *front,
                                              bool nested);

/* quarantine_empty - everything in the tails and in `front` is to leave: where
 * memory runs out, or the option was turned off. */
struct quarantine_batch *quarantine_empty(struct quarantine_front *front,
                                          bool nested);

/* quarantine_totals - blocks in the tails, and the bytes that they count for;
 * fronts are the caller's to add. */
void quarantine_totals(uint64_t *out_blocks, uint64_t *out_bytes);

/* freeze, thaw, child: take, give, reset the lock; copied: in a child made
 * without freezing, where the tails may be half changed: they are let go. */
void quarantine_freeze(void);
void quarantine_thaw(void);
void quarantine_child(void);
void quarantine_copied(void);

#endif
