/*
 * heap/record.h - what is known of one slot's block: its record, which each
 * call on the block needs, and its history, which reports tell.
 *
 * Both lie in side arrays of their spans, far from program memory, so no
 * overrun can reach them. The heap gives each slot its own; track writes them.
 * They are apart because a heap that samples writes the histories of few
 * blocks: the pages of all others are never touched.
 *
 * Invariant: a record is LIVE from the last step of track_alloc to the first
 * step of track_free, which is an atomic exchange of `state` once there are two
 * threads: of two that free one block, one sees LIVE. The other members, and
 * the history, are written before the state becomes LIVE, by the thread that
 * makes the block; after the exchange, by the thread that won it.
 */
#ifndef HEAP_RECORD_H
#define HEAP_RECORD_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#include "model/block.h"

struct record {
    uint32_t size;         /* bytes requested; of a run or large block the low
                              32 bits (span_block_size has the whole) */
    uint16_t offset : 15;  /* user address less slot start, in 16 bytes */
    uint16_t is_bare : 1;  /* the block has no history: what the slot has is an
                              earlier block's */
    uint8_t origin;        /* enum origin */
    _Atomic uint8_t state; /* enum block_state */
};

struct history {
    uint32_t alloc_stack;  /* stack_id of the allocation */
    uint32_t freed_stack;  /* stack_id of the free; LIVE: the mark in force */
    uint32_t time;         /* when the state last changed, in track's units */
    uint16_t thread;       /* our number of who made it; 0 unknown */
    uint16_t freed_thread; /* ... that freed it; LIVE: log2 of the alignment
                              asked for, 0 = none, in the low 6 bits, and the
                              program's note of it (track/annotate.h) */
};

/* What one more block costs beside its slot; part of the memory promise. */
static_assert(sizeof(struct record) == 8, "a record is 8 bytes");
static_assert(sizeof(struct history) == 16, "a history is 16 bytes");

#endif
