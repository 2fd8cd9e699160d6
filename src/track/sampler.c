/*
 * track/sampler.c - drawing distances.
 */
#include "track/sampler.h"

#include <stdatomic.h>

#include "base/hash.h"
#include "base/real.h"
#include "os/process.h"

#define STEP UINT64_C(0x9e3779b97f4a7c15)

/* Written by sampler_start, before there are blocks. */
static struct {
    uint64_t interval;
    uint64_t seed;
} plan;

/* Atomic; the number of samplers begun, so that each has a seed of its own, and
 * the same again in the next run. */
static _Atomic uint64_t samplers;

void
sampler_start(uint64_t interval, uint64_t seed)
{
    plan.interval = interval;
    plan.seed = seed != 0 ? seed : process_random();
}

uint64_t
sampler_interval(void)
{
    return plan.interval;
}

/* A number in (0, 1].
 * Source: Steele, Lea, Flood: SplitMix, OOPSLA 2014. */
static double
draw(struct sampler *sampler)
{
    sampler->random += STEP;
    return ((double)(hash_u64(sampler->random) >> 11) + 1) * 0x1p-53;
}

static uint64_t
draw_distance(struct sampler *sampler)
{
    /* At most 37 intervals. The byte that is drawn is the one that the distance
     * ends in: so the whole part is exact, for it is compared with sizes. */
    double distance = -real_ln(draw(sampler)) * (double)plan.interval;

    return distance < 0x1p62 ? (uint64_t)distance : (uint64_t)1 << 62;
}

NOINLINE bool
sampler_hit(struct sampler *sampler, uint64_t size)
{
    bool is_new = sampler->random == 0;

    if (is_new) {
        uint64_t n = atomic_fetch_add(&samplers, 1) + 1;

        sampler->random = hash_u64(plan.seed ^ hash_u64(n)) | 1;
        sampler->left = draw_distance(sampler);
        if (size <= sampler->left) {
            sampler->left -= size;
            return false;
        }
    }
    /* What of the block lies beyond that byte draws no second one: the
     * exponential distribution has no memory. */
    sampler->left = draw_distance(sampler);
    return true;
}

uint64_t
sampler_whole(struct sampler *sampler, double x)
{
    uint64_t whole;

    if (x >= 0x1p63)
        return (uint64_t)1 << 63;
    whole = (uint64_t)x;
    return whole + (draw(sampler) <= x - (double)whole ? 1 : 0);
}
