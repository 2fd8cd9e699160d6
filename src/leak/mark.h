/*
 * leak/mark.h - follow pointers from block to block.
 *
 * Marking is iterative. A block to be scanned waits in a list of bounded size;
 * where that is full, its word in the shadow says so and a later sweep finds
 * it, so any shape of heap is marked in the same memory. Two queues hide the
 * latency of memory: one between a pointer and the test of its shadow word,
 * one between a block's turn and the reading of it.
 *
 * Thread: one at a time.   Locks: held: the heap's.
 * Source: the queue in front of the mark stack is Cher, Hosking, Vitek,
 * Software Prefetching for Mark-Sweep Garbage Collection, ASPLOS 2004; the
 * sweep after an overflow is common to collectors with bounded stacks.
 */
#ifndef LEAK_MARK_H
#define LEAK_MARK_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "leak/shadow.h"

enum mark_mode {
    MARK_REACHED,  /* first bytes give REACHED, the middle gives SEED */
    MARK_POSSIBLE, /* any byte gives POSSIBLE */
    MARK_BELOW     /* any byte gives BELOW, under mark_leader */
};

/* mark_begin, mark_end - before and after a scan. Returns 0 or -ENOMEM. */
int MUST_CHECK mark_begin(void);
void mark_end(void);

/* mark_set_mode - what pointers found from now on give. leader: the number of
 * the leader, for MARK_BELOW. Only after mark_drain. */
void mark_set_mode(enum mark_mode mode, uint32_t leader);

/* mark_words - follow the `count` words at `words`, which can be read. */
void mark_words(const uintptr_t *words, size_t count);

/* mark_around - mark the block that `addr` lies in, wherever in it. */
void mark_around(uintptr_t addr);

/* mark_block - scan the block, whose own word the caller has set. */
void mark_block(const struct shadow_block *block);

/* mark_drain - go on until nothing waits. */
void mark_drain(void);

/* mark_scanned - bytes of blocks scanned so far. */
uint64_t mark_scanned(void);

#endif
