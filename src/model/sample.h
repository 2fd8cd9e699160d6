/*
 * model/sample.h - what a sampled block stands for.
 *
 * With the option `sample` one byte in `interval` is drawn, on average and at
 * random, of all that is allocated (a Poisson process over the bytes), and a
 * block is sampled if one of its bytes is. So a block of `size` bytes is
 * sampled with the probability 1 - e^(-size / interval), whatever came before
 * it, and stands for the inverse of that many blocks of its size: sums of
 * these are unbiased, and so is the variance that each adds.
 *
 * Source: Horvitz, Thompson: A Generalization of Sampling Without Replacement
 * from a Finite Universe, 1952; byte sampling as in tcmalloc's heap profiles.
 */
#ifndef MODEL_SAMPLE_H
#define MODEL_SAMPLE_H

#include <stdint.h>

#include "base/real.h"

/* A sum over sampled blocks, of the blocks that they stand for. */
struct sample_sum {
    uint64_t sampled;
    double blocks, bytes;
    double blocks_variance, bytes_variance;
};

/* sample_size - a block of no bytes counts as one of one byte. */
static inline uint64_t
sample_size(uint64_t size)
{
    return size == 0 ? 1 : size;
}

/* sample_weight - the blocks that a sampled block of `size` bytes stands for,
 * itself included; 1 where `interval` is 0: all blocks are taken. */
static inline double
sample_weight(uint64_t size, uint64_t interval)
{
    return interval == 0
               ? 1
               : 1 / real_decay((double)sample_size(size) / (double)interval);
}

/* sample_add - add a sampled block. */
static inline void
sample_add(struct sample_sum *sum, uint64_t size, uint64_t interval)
{
    double weight = sample_weight(size, interval);
    double variance = weight * (weight - 1);

    sum->sampled++;
    sum->blocks += weight;
    sum->bytes += weight * (double)size;
    sum->blocks_variance += variance;
    sum->bytes_variance += variance * (double)size * (double)size;
}

#endif
