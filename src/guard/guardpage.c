/*
 * guard/guardpage.c - counting and drawing.
 */
#include "guard/guardpage.h"

#include <stdatomic.h>

#include "base/hash.h"
#include "conf/conf.h"
#include "os/clock.h"
#include "os/process.h"

#define SAMPLE_SIZE_MOST ((size_t)32 << 10)
#define SAMPLE_MOST 1000u

/* With one in so many or fewer, what a drawn block costs is spread over so much
 * time for each that is not. */
#define SAMPLE_SPARSE 1000u
#define SAMPLE_STEP_NS 200

/* Written once, by guardpage_start. */
static struct {
    bool below;
    uint64_t every;  /* guard=...:N, 0: off */
    uint64_t sample; /* guard-sample, 0: off */
    size_t align;    /* of blocks that ask for none */
    uint64_t seed;
} plan;

/* Atomic; guarded blocks that are live. */
static _Atomic uint64_t live_count;

/* Atomic; the number of generators begun, so that each has a seed of its
 * own, and the same again in the next run. */
static _Atomic uint64_t generators;

/* Atomic; the kernel refused, and that was said. */
static _Atomic bool was_refused;

void
guardpage_start(void)
{
    const struct conf *conf = conf_now();

    plan.below = conf->guard.side == CONF_SIDE_BELOW;
    plan.every = conf->guard.side == CONF_SIDE_OFF ? 0 : conf->guard.every;
    plan.sample = plan.every != 0 ? 0 : conf->guard_sample;
    plan.align = (size_t)conf->align;
    plan.seed = conf->seed != 0 ? conf->seed : process_random();
}

bool
guardpage_is_on(void)
{
    return plan.every != 0 || plan.sample != 0;
}

bool
guardpage_is_all(void)
{
    return plan.every == 1;
}

/* Source: Marsaglia, Xorshift RNGs, 2003. */
static uint64_t
draw(struct guardpage_turn *turn)
{
    uint64_t x = turn->random;

    if (x == 0) {
        uint64_t n = atomic_fetch_add(&generators, 1) + 1;

        x = hash_add(plan.seed, n) | 1;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    turn->random = x;
    return x * UINT64_C(0x2545f4914f6cdd1d) >> 16;
}

static bool
is_time(struct guardpage_turn *turn)
{
    uint64_t now;

    if (plan.sample < SAMPLE_SPARSE)
        return true;
    now = clock_now();
    if (now - turn->drawn_ns < plan.sample * SAMPLE_STEP_NS)
        return false;
    turn->drawn_ns = now;
    return true;
}

bool
guardpage_is_due(struct guardpage_turn *turn, size_t size)
{
    if (plan.every == 1)
        return true;
    /* From 1 to twice the mean, less one, all equally often. */
    if (turn->left == 0)
        turn->left = plan.sample == 0 ? plan.every
                                      : draw(turn) % (2 * plan.sample - 1) + 1;
    if (guardpage_passes(turn))
        return false;
    turn->left = 0;
    return plan.sample == 0 ||
           (size <= SAMPLE_SIZE_MOST &&
            atomic_load_explicit(&live_count, memory_order_relaxed) <
                SAMPLE_MOST &&
            is_time(turn));
}

bool
guardpage_alloc(struct tcache *tcache, struct guardpage_turn *turn,
                size_t size, size_t align, struct slot *out_slot,
                uintptr_t *out_user, bool *out_refused)
{
    bool below = plan.sample == 0 ? plan.below : (draw(turn) & 1) != 0;
    size_t least = plan.align;

    /* A drawn block is the program's as it always was: aligned. */
    if (plan.sample != 0 && least < 16)
        least = 16;
    *out_refused = false;
    if (heap_alloc_guarded(tcache, size, align < least ? least : align, below,
                           out_slot, out_user)) {
        atomic_fetch_add_explicit(&live_count, 1, memory_order_relaxed);
        return true;
    }
    *out_refused = size <= HEAP_GUARDED_MOST && align <= SIZECLASS_UNIT &&
                   !tcache->is_nested && !atomic_exchange(&was_refused, true);
    return false;
}

void
guardpage_end(void)
{
    atomic_fetch_sub_explicit(&live_count, 1, memory_order_relaxed);
}

uint64_t
guardpage_count(void)
{
    return atomic_load(&live_count);
}
