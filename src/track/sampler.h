/*
 * track/sampler.h - which blocks are sampled (option `sample`).
 *
 * Each self counts down the bytes to the next one that is drawn; the distances
 * have an exponential distribution, so that a self which begins, or a block
 * that is passed over, changes nothing for those that follow (model/sample.h).
 *
 * Thread: owner.   Signal: with another sampler.   Locks: none.
 */
#ifndef TRACK_SAMPLER_H
#define TRACK_SAMPLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct sampler {
    uint64_t left;   /* whole bytes before the one that is drawn */
    uint64_t random; /* state of its generator; 0: not begun */
};

/* sampler_start - from now on one byte in `interval` is drawn; 0: samplers are
 * not used. `seed`: 0 for another sequence in each run.   Thread: one at a
 * time. */
void sampler_start(uint64_t interval, uint64_t seed);

/* sampler_interval - what sampler_start was given. */
uint64_t sampler_interval(void);

/* sampler_hit - sampler_take where a byte of the block is drawn, or the sampler
 * has not begun. */
bool sampler_hit(struct sampler *sampler, uint64_t size);

/* sampler_whole - `x` as a whole number, up or down at random, so that its mean
 * is `x`. */
uint64_t sampler_whole(struct sampler *sampler, double x);

/* sampler_take - true if this block of `size` bytes is sampled. */
static ALWAYS_INLINE bool
sampler_take(struct sampler *sampler, size_t size)
{
    size += size == 0; /* sample_size */
    if (LIKELY(size <= sampler->left)) {
        sampler->left -= size;
        return false;
    }
    return sampler_hit(sampler, size);
}

#endif
