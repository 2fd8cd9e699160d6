/*
 * track/foreign.h - blocks that another allocator owns: heap=libc, and a
 * process that was attached to.
 *
 * The program's own allocator goes on doing its work; each call passes through
 * here and leaves a record of the block, by its address, in a table: the same
 * traces, tallies, walks and reports as for blocks of ours. There are no fences
 * and no fills, and a free of an address that is not in the table is no
 * finding: the block may be older than we are. It is counted.
 *
 * The table has shards, each with a lock that is held for some twenty
 * instructions. A call that interrupted its own thread there (a signal handler)
 * passes through unrecorded. An address that is handed out while it is in the
 * table has been freed by a road that does not lead here: it counts as freed.
 *
 * Invariant: an entry leaves the table before the real free, and enters it
 * after the real malloc, so no address has two blocks.
 * Locks: one per shard, rank TRACK.   Source: ours; open addressing with
 * backward-shift deletion is Knuth, TAOCP 3, sec. 6.4, algorithm R.
 */
#ifndef TRACK_FOREIGN_H
#define TRACK_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/block.h"
#include "track/self.h"
#include "track/track.h"

enum foreign_mode {
    FOREIGN_OFF,    /* the heap is ours */
    FOREIGN_RECORD, /* every block gets a record */
    FOREIGN_PASS    /* calls pass through: nobody looks any more */
};

/* Written by track_observe and track_watch. */
extern HIDDEN _Atomic uint32_t foreign_mode_now;

/* foreign_is_on - true where another allocator makes the blocks. */
static inline bool
foreign_is_on(void)
{
    return foreign_mode_now != FOREIGN_OFF;
}

/* foreign_alloc, foreign_free, foreign_resize, foreign_usable_size - as the
 * functions of track.h, which call them where foreign_is_on. */
void *foreign_alloc(size_t size, size_t align, bool zero, enum origin origin,
                    const void *caller);
void foreign_free(void *p, enum origin call, const void *caller);
void *foreign_resize(void *p, size_t size, bool zero_tail, enum origin origin,
                     const void *caller);
size_t foreign_usable_size(const void *p);

/* foreign_find - the block that begins at `addr`; false if none is known. */
bool foreign_find(uintptr_t addr, struct block *out_block);

/* foreign_walk - call `visit` for each block, in no order, until it returns
 * false; no lock is held meanwhile. Returns how many were visited. */
uint64_t foreign_walk(bool (*visit)(const struct block *, void *),
                      void *context);

/* freeze, thaw, child: take, give, reset every lock. */
void foreign_freeze(void);
void foreign_thaw(void);
void foreign_child(void);

#endif
