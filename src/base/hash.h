/*
 * base/hash.h - hashing of words and bytes, for tables of our own.
 *
 * Not cryptographic. All functions: Thread: any. Signal: yes. Locks: none.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * hash_u64 - spread the bits of `x` over the whole word.
 *
 * A bijection: different words have different hashes.
 * Source: Stafford, Better Bit Mixing (variant 13), 2011, the finaliser of
 * Steele, Lea, Flood: SplitMix, OOPSLA 2014.
 */
static inline uint64_t
hash_u64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    x ^= x >> 31;
    return x;
}

/* hash_add - the hash of a sequence whose hash is `hash`, continued by `x`. */
static inline uint64_t
hash_add(uint64_t hash, uint64_t x)
{
    return hash_u64(hash * UINT64_C(0x9e3779b97f4a7c15) + x);
}

/*
 * hash_bytes - the hash of `n` bytes at `p`; `n` may be 0.
 *
 * Source: Fowler, Noll, Vo: FNV-1a, 64 bits, finished by hash_u64.
 */
static inline uint64_t
hash_bytes(const void *p, size_t n)
{
    const unsigned char *bytes = p;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    return hash_u64(hash);
}

#endif
