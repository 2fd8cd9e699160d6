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
 * The quarantine knows addresses and nothing else: what a held block must look
 * like, and what is done with one that leaves, is track's (track/retire.c).
 *
 * Locks: quarantine_lock, rank GUARD.
 */
#ifndef GUARD_QUARANTINE_H
#define GUARD_QUARANTINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap/heap.h"

#define QUARANTINE_BATCH 125

/* Held blocks, in the order they came in. */
struct quarantine_batch {
    struct quarantine_batch *next;
    uint64_t bytes; /* what they count for */
    uint32_t count; /* blocks in `users` */
    uint32_t first; /* the tail of big blocks: those before it are gone */
    uintptr_t users[QUARANTINE_BATCH]; /* user addresses */
};

/* The part that one self has; written by its holder alone. */
struct quarantine_front {
    struct quarantine_batch *batch; /* NULL: none yet */
    _Atomic uint64_t bytes;         /* of the batch; read by anyone */
    _Atomic uint64_t blocks;
};

/*
 * quarantine_insert - hold the block at `user`, whose record says so already.
 *
 * nested: the call may have interrupted the holder of the lock.
 * Returns batches whose blocks must leave now, or NULL; each is given back by
 * quarantine_give. Without memory for a batch the block itself is to leave:
 * false in *out_held.
 * Thread: owner of `front`.   Signal: yes.   Locks: guard, tried where nested.
 */
struct quarantine_batch *quarantine_insert(struct quarantine_front *front,
                                           const struct slot *slot,
                                           uintptr_t user, bool nested,
                                           bool *out_held);

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
