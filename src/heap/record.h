/*
 * heap/record.h - the record of one slot: what is known of its block.
 *
 * Records lie in side arrays of their spans, far from program memory, so no
 * overrun can reach them. The heap gives each slot its record; track writes it.
 *
 * Invariant: a record is LIVE from the last step of track_alloc to the first
 * step of track_free, which is an atomic exchange of `state`: of two threads
 * that free one block, one sees LIVE. The other members are written before
 * the state becomes LIVE, by the thread that makes the block; after the
 * exchange, by the thread that won it.
 */
#ifndef HEAP_RECORD_H
#define HEAP_RECORD_H

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>

#include "model/block.h"

struct record {
    uint32_t alloc_stack;  /* stack_id of the allocation */
    uint32_t freed_stack;  /* stack_id of the free; LIVE: the mark in force */
    uint32_t size;         /* bytes requested; of a run or large block the low
                              32 bits (span_block_size has the whole) */
    uint32_t time;         /* when the state last changed, in track's units */
    uint16_t thread;       /* our number of who made it; 0 unknown */
    uint16_t freed_thread; /* ... that freed it; LIVE: log2 of the alignment
                              asked for, 0 = none, in the low 6 bits, and the
                              program's note of it (track/annotate.h) */
    uint16_t offset;       /* user address less slot start, in 16 bytes */
    uint8_t origin;        /* enum origin */
    _Atomic uint8_t state; /* enum block_state */
};

/* What one more block costs beside its slot; part of the memory promise. */
static_assert(sizeof(struct record) == 24, "a record is 24 bytes");

#endif
