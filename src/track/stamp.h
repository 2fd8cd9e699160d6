/*
 * track/stamp.h - when a block was made, in 32 bits and few cycles.
 *
 * A stamp counts steps of about a millisecond since stamp_start, from the
 * CPU's counter where that is steady, else from the kernel's coarse clock. It
 * wraps after about 50 days: older blocks look younger than they are.
 */
#ifndef TRACK_STAMP_H
#define TRACK_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/arch/arch.h"
#include "os/slice.h"

/* Written once by stamp_start. */
struct stamp_base {
    bool is_steady;
    unsigned shift;       /* ticks to stamps */
    uint64_t ticks;       /* at the start */
    uint64_t clock_ns;    /* at the start */
    uint64_t unix_ns;
};

extern HIDDEN struct stamp_base stamp_base;

void stamp_start(void);

/* stamp_slow - the stamp where the CPU has no steady counter. */
uint32_t stamp_slow(void);

/* stamp_now - the stamp of this instant.  Signal: yes. */
static ALWAYS_INLINE uint32_t
stamp_now(void)
{
    if (UNLIKELY(!stamp_base.is_steady))
        return stamp_slow();
    return (uint32_t)((arch_ticks() - stamp_base.ticks) >> stamp_base.shift);
}

/* A stamp that is good until the thread is switched out, or was used this
 * often without that. The error is what the thread computes, without a break,
 * in so many allocations. */
#define STAMP_USES 32

struct stamp_cache {
    uint32_t stamp;
    uint32_t uses_left;
};

/*
 * stamp_cached - stamp_now, without reading a clock if this thread ran on since
 * the last one.
 *
 * kind: see slice_begin.   Thread: owner of `cache`.
 */
static ALWAYS_INLINE uint32_t
stamp_cached(struct stamp_cache *cache, unsigned kind)
{
    if (LIKELY(cache->uses_left != 0 && slice_is_same(kind))) {
        cache->uses_left--;
        return cache->stamp;
    }
    slice_begin(kind);
    cache->stamp = stamp_now();
    cache->uses_left = STAMP_USES;
    return cache->stamp;
}

/* stamp_ticks - arch_ticks in `steps` of a stamp; UINT64_MAX where the CPU has
 * no steady counter. */
static inline uint64_t
stamp_ticks(uint32_t steps)
{
    return stamp_base.is_steady ? (uint64_t)steps << stamp_base.shift
                                : UINT64_MAX;
}

/* stamp_to_ns - clock_now at the instant of `stamp`, to a step's length. */
uint64_t stamp_to_ns(uint32_t stamp);

#endif
