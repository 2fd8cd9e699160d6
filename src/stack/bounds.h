/*
 * stack/bounds.h - how far a stack can be read.
 *
 * A walk goes from a thread's stack pointer up, towards the stack's beginning.
 * It may read what is known to be mapped: from the page of the stack pointer to
 * where unmapped memory begins, at most BOUNDS_REACH away. That is asked of the
 * kernel by touching the pages (page_is_readable), never of libc, which
 * allocates, nor of /proc; and it is remembered, a few stacks for each thread,
 * so that coroutines are not asked about again and again.
 *
 * Thread: owner.   Signal: yes, with another struct bounds.   Locks: none.
 */
#ifndef STACK_BOUNDS_H
#define STACK_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define BOUNDS_RANGES 4

/* All addresses in [low, high) can be read. */
struct bounds_range {
    uintptr_t low;
    uintptr_t high;
};

/* A thread's stacks; all zero: none is known. */
struct bounds {
    struct bounds_range ranges[BOUNDS_RANGES]; /* the last one used is first */
    uint32_t next;                             /* to be replaced */
};

/* bounds_find_slow - bounds_find where the first range does not hold it. */
bool bounds_find_slow(struct bounds *bounds, uintptr_t sp);

/*
 * bounds_find - make ranges[0] the range that holds `sp`.
 *
 * Returns false if nothing can be read there.
 */
static ALWAYS_INLINE bool
bounds_find(struct bounds *bounds, uintptr_t sp)
{
    if (LIKELY(sp - bounds->ranges[0].low <
               bounds->ranges[0].high - bounds->ranges[0].low))
        return true;
    return bounds_find_slow(bounds, sp);
}

/*
 * bounds_extend - ranges[0] ends before `addr`: read further up, if there is
 * more.
 *
 * Returns true if [ranges[0].low, addr + 8) can be read now.
 */
bool bounds_extend(struct bounds *bounds, uintptr_t addr);

#endif
