/*
 * base/bits.h - alignment, logarithms and arithmetic that cannot wrap.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. Cost: O(1).
 */
#ifndef BASE_BITS_H
#define BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* bits_is_power - true if `n` is a power of two; 0 is none. */
static inline bool
bits_is_power(size_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

/* bits_align_up - the least multiple of `align` (a power of two) that is not
 * under `n`. The caller knows that this cannot wrap. */
static inline size_t
bits_align_up(size_t n, size_t align)
{
    return (n + align - 1) & ~(align - 1);
}

/* bits_align_down - the greatest multiple of `align` (a power of two) that is
 * not over `n`. */
static inline size_t
bits_align_down(size_t n, size_t align)
{
    return n & ~(align - 1);
}

/* bits_log2_floor - the index of the highest bit set in `n`, which is > 0. */
static inline unsigned
bits_log2_floor(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n);
}

/* bits_log2_ceil - the least k with 2^k >= `n`, which is > 0. */
static inline unsigned
bits_log2_ceil(uint64_t n)
{
    return n <= 1 ? 0 : bits_log2_floor(n - 1) + 1;
}

/* bits_try_add - *out_sum = a + b; false, and *out_sum untouched, where that
 * would wrap. */
static inline bool MUST_CHECK
bits_try_add(size_t a, size_t b, size_t *out_sum)
{
    size_t sum;

    if (__builtin_add_overflow(a, b, &sum))
        return false;
    *out_sum = sum;
    return true;
}

/* bits_try_mul - *out_product = a * b; false, and *out_product untouched,
 * where that would wrap. */
static inline bool MUST_CHECK
bits_try_mul(size_t a, size_t b, size_t *out_product)
{
    size_t product;

    if (__builtin_mul_overflow(a, b, &product))
        return false;
    *out_product = product;
    return true;
}

/* bits_try_align_up - *out_aligned = `n` rounded up to `align` (a power of
 * two); false, and *out_aligned untouched, where that would wrap. */
static inline bool MUST_CHECK
bits_try_align_up(size_t n, size_t align, size_t *out_aligned)
{
    size_t sum;

    if (!bits_try_add(n, align - 1, &sum))
        return false;
    *out_aligned = sum & ~(align - 1);
    return true;
}

#endif
