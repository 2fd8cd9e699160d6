/*
 * track/stamp.c - from the counter to time and back.
 *
 * The counter's rate is not asked for: the two clocks are compared over the
 * life of the process when a stamp is read, which is rare.
 */
#include "track/stamp.h"

#include <stdatomic.h>

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

/*
 * Both clocks at one instant, and the rate since the start. A report asks for
 * the times of all blocks, so for a moment one look at the clocks will do. Its
 * number is odd while somebody writes it.
 */
struct anchor {
    _Atomic uint32_t number;
    _Atomic uint64_t ticks; /* since the start */
    _Atomic uint64_t clock_ns;
    _Atomic uint64_t ns_per_tick; /* of 2^-32 ns */
};

static struct anchor anchor;

/* What an anchor is good for. */
#define ANCHOR_STEPS 4u

struct instant {
    uint64_t ticks, clock_ns, ns_per_tick;
};

static bool
read_anchor(uint64_t ticks, struct instant *out)
{
    uint32_t number =
        atomic_load_explicit(&anchor.number, memory_order_acquire);

    out->ticks = atomic_load_explicit(&anchor.ticks, memory_order_relaxed);
    out->clock_ns =
        atomic_load_explicit(&anchor.clock_ns, memory_order_relaxed);
    out->ns_per_tick =
        atomic_load_explicit(&anchor.ns_per_tick, memory_order_relaxed);
    atomic_thread_fence(memory_order_acquire);
    return number % 2 == 0 && out->ns_per_tick != 0 &&
           atomic_load_explicit(&anchor.number, memory_order_relaxed) ==
               number &&
           ticks - out->ticks < (uint64_t)ANCHOR_STEPS << stamp_base.shift;
}

static void
write_anchor(const struct instant *instant)
{
    uint32_t number =
        atomic_load_explicit(&anchor.number, memory_order_relaxed);

    /* Whoever comes second, a signal handler say, goes without. */
    if (number % 2 != 0 ||
        !atomic_compare_exchange_strong(&anchor.number, &number, number + 1))
        return;
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&anchor.ticks, instant->ticks, memory_order_relaxed);
    atomic_store_explicit(&anchor.clock_ns, instant->clock_ns,
                          memory_order_relaxed);
    atomic_store_explicit(&anchor.ns_per_tick, instant->ns_per_tick,
                          memory_order_relaxed);
    atomic_store_explicit(&anchor.number, number + 2, memory_order_release);
}

/* Both clocks now, or a moment ago. */
static struct instant
look_at_clocks(void)
{
    struct instant instant;
    uint64_t ticks = arch_ticks() - stamp_base.ticks;

    if (read_anchor(ticks, &instant))
        return instant;
    instant.clock_ns = clock_now();
    instant.ticks = arch_ticks() - stamp_base.ticks;
    instant.ns_per_tick =
        (uint64_t)((double)(instant.clock_ns - stamp_base.clock_ns) /
                   (double)(instant.ticks | 1) * 4294967296.0);
    write_anchor(&instant);
    return instant;
}

uint64_t
stamp_to_ns(uint32_t stamp)
{
    struct instant now;
    int32_t steps;

    if (!stamp_base.is_steady) {
        uint64_t now_ns = clock_now();

        return now_ns - ((uint64_t)(stamp_slow() - stamp) << STEP_LOG2);
    }
    now = look_at_clocks();
    /* It may be a little younger than the look. */
    steps = (int32_t)((uint32_t)(now.ticks >> stamp_base.shift) - stamp);
    if (steps < 0 && steps > -(int32_t)(2 * ANCHOR_STEPS))
        return now.clock_ns;
    return now.clock_ns -
           (uint64_t)((double)((uint64_t)(uint32_t)steps << stamp_base.shift) *
                      ((double)now.ns_per_tick / 4294967296.0));
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
