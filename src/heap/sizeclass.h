/*
 * heap/sizeclass.h - which slot size serves a request.
 *
 * Let n = size - 1. Up to 128 bytes classes are 16 apart: class n / 16. Above,
 * each doubling [2^k, 2^(k+1)), k >= 7, is cut into eight steps of 2^(k-3), so
 * neighbours are at most 1/8 = 12.5 % apart: with k = floor(log2 n) the class
 * is 8 + 8 (k - 7) + (n / 2^(k-3)) mod 8, and its size
 * 2^k + ((n / 2^(k-3)) mod 8 + 1) 2^(k-3).
 *
 * Every class is a multiple of 16, and for every power of two a up to 4096
 * there is a multiple of a at most one doubling above any size, which
 * sizeclass_of_aligned uses.
 *
 * Source: the spacing is Evans, A Scalable Concurrent malloc(3)
 * Implementation for FreeBSD, 2006, with eight steps in place of four.
 */
#ifndef HEAP_SIZECLASS_H
#define HEAP_SIZECLASS_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/bits.h"

#define SIZECLASS_COUNT 72
#define SIZECLASS_MAX 32768u /* bytes of the largest class */
#define SIZECLASS_QUICK 1024u

/* Spans are made of units of this many bytes, on multiples of it. */
#define SIZECLASS_UNIT_LOG2 16
#define SIZECLASS_UNIT ((size_t)1 << SIZECLASS_UNIT_LOG2)

static_assert(8 + (15 - 7) * 8 == SIZECLASS_COUNT, "classes up to 2^15");

/* How spans of one class are cut. Written once by sizeclass_start. */
struct sizeclass {
    uint64_t reciprocal; /* ceil(2^40 / size): index = offset * it >> 40 */
    uint32_t size;       /* bytes of a slot */
    uint16_t units;      /* units in a span */
    uint16_t capacity;   /* slots in a span */
};

/* Written once by sizeclass_start, before any other thread allocates. */
extern HIDDEN struct sizeclass sizeclass_table[SIZECLASS_COUNT];
extern HIDDEN uint8_t sizeclass_quick[SIZECLASS_QUICK / 16 + 1];

/*
 * sizeclass_start - compute the tables.
 *
 * lead: bytes before the first slot of each span (0, or a fence).
 */
void sizeclass_start(size_t lead);

/* sizeclass_compute - sizeclass_of by arithmetic alone. */
static inline unsigned
sizeclass_compute(size_t size)
{
    size_t n = size - 1;
    unsigned k;

    if (n < 128)
        return (unsigned)(n >> 4);
    k = bits_log2_floor(n);
    return 8 + (k - 7) * 8 + (unsigned)((n >> (k - 3)) & 7);
}

/* sizeclass_of - the class for `size` bytes, 1..SIZECLASS_MAX. */
static ALWAYS_INLINE unsigned
sizeclass_of(size_t size)
{
    if (LIKELY(size <= SIZECLASS_QUICK))
        return sizeclass_quick[(size + 15) >> 4];
    return sizeclass_compute(size);
}

/*
 * sizeclass_of_aligned - the least class for `size` bytes whose size is a
 * multiple of `align`, a power of two up to 4096; SIZECLASS_COUNT if there is
 * none. Slots of it lie on multiples of `align` in spans without a lead.
 */
unsigned sizeclass_of_aligned(size_t size, size_t align);

#endif
