/*
 * track/stamp.c - from the counter to time and back.
 *
 * The counter's rate is not asked for: the two clocks are compared over the
 * life of the process when a stamp is read, which is rare.
 */
#include "track/stamp.h"

#include "base/bits.h"
#include "os/clock.h"
#include "track/track.h"

/* Steps of 2^20 ns of the coarse clock, and as near as a power of two comes to
 * that for the counter. */
#define STEP_LOG2 20

struct stamp_base stamp_base;

void
stamp_start(void)
{
    uint64_t rate = arch_ticks_rate();

    slice_start();
    stamp_base.is_steady = arch_ticks_is_steady() && rate >= 100000;
    if (stamp_base.is_steady)
        stamp_base.shift = bits_log2_floor(rate / 1000);
    stamp_base.ticks = arch_ticks();
    stamp_base.clock_ns = clock_now();
    stamp_base.unix_ns = clock_unix();
}

uint32_t
stamp_slow(void)
{
    return (uint32_t)((clock_coarse() - stamp_base.clock_ns) >> STEP_LOG2);
}

uint64_t
stamp_to_ns(uint32_t stamp)
{
    uint64_t now_ns = clock_now();
    uint32_t steps, total;

    /* A coarse clock can be behind the start. */
    if (now_ns < stamp_base.clock_ns)
        return now_ns;
    total = stamp_now();
    steps = total - stamp;
    if (!stamp_base.is_steady)
        return now_ns - ((uint64_t)steps << STEP_LOG2);
    if (total == 0)
        return now_ns;
    /* ns per step, measured over the whole run. */
    return now_ns - (uint64_t)((double)steps *
                               ((double)(now_ns - stamp_base.clock_ns) /
                                ((double)(arch_ticks() - stamp_base.ticks) /
                                 (double)((uint64_t)1 << stamp_base.shift))));
}

uint64_t
track_start_unix_ns(void)
{
    return stamp_base.unix_ns;
}

uint64_t
track_elapsed_ns(void)
{
    return clock_now() - stamp_base.clock_ns;
}

uint64_t
track_age_ns(const struct block *block)
{
    uint64_t now_ns = clock_now();

    return block->time_ns != 0 && now_ns > block->time_ns
               ? now_ns - block->time_ns
               : 0;
}
