/*
 * guard/fence.h - the fence pattern: bytes that no program writes by chance.
 *
 * The pattern of an address depends on the address and a key of the process, so
 * a fence that was copied from elsewhere is damage. Every byte has its top bit
 * set and the next one clear: none is zero, so the NUL that a string one byte
 * too long writes is always seen; none is ASCII; and eight of them are no
 * address that a CPU accepts.
 *
 * All functions: Thread: owner of the bytes. Signal: yes. Locks: none.
 */
#ifndef GUARD_FENCE_H
#define GUARD_FENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Words of program memory, whatever type the program gave them. */
typedef uint64_t fence_u64 __attribute__((may_alias));

/* The pattern of 16 bytes is mixed from their address, and each half of them
 * has a key. Written by fence_set_key. */
extern HIDDEN uint64_t fence_keys[2];

/* The bits of a pattern that are not the same in all. */
#define FENCE_BITS UINT64_C(0x3f3f3f3f3f3f3f3f)

/* fence_set_key - choose the pattern; any two numbers that differ in some of
 * FENCE_BITS.   Thread: one, before there are fences. */
void fence_set_key(uint64_t low, uint64_t high);

/* fence_mix - what the address gives to the pattern of the 16 bytes at `addr`,
 * a multiple of 16. */
static ALWAYS_INLINE uint64_t
fence_mix(uintptr_t addr)
{
    return (addr * UINT64_C(0x9e3779b97f4a7c15)) & FENCE_BITS;
}

/* fence_word - the pattern of the 8 bytes at `addr`, a multiple of 8. */
static ALWAYS_INLINE uint64_t
fence_word(uintptr_t addr)
{
    return fence_mix(addr & ~(uintptr_t)15) ^ fence_keys[addr >> 3 & 1];
}

/* Which bytes of a word lie at or after byte `skip` (1..7) in memory order. */
static ALWAYS_INLINE uint64_t
fence_mask_from(unsigned skip)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return ~UINT64_C(0) << (8 * skip);
#else
    return ~UINT64_C(0) >> (8 * skip);
#endif
}

/* fence_arm - write the pattern to [from, to). to: a multiple of 8, or under
 * `from` (nothing is written). Whole words first: where memory was never
 * touched, reading it would cost a fault of its own. */
static ALWAYS_INLINE void
fence_arm(uintptr_t from, uintptr_t to)
{
    for (uintptr_t at = (from + 7) & ~(uintptr_t)7; at < to; at += 8)
        *(fence_u64 *)at = fence_word(at);
    if ((from & 7) != 0 && from < to) {
        uint64_t mask = fence_mask_from((unsigned)(from & 7));
        fence_u64 *p = (fence_u64 *)(from & ~(uintptr_t)7);

        *p = (*p & ~mask) | (fence_word((uintptr_t)p) & mask);
    }
}

/* fence_is_intact - true if [from, to) has the pattern. to: a multiple of 8. */
static ALWAYS_INLINE bool
fence_is_intact(uintptr_t from, uintptr_t to)
{
    uintptr_t at = from & ~(uintptr_t)7;
    uint64_t difference = 0;

    if ((from & 7) != 0 && at < to) {
        difference = (*(const fence_u64 *)at ^ fence_word(at)) &
                     fence_mask_from((unsigned)(from & 7));
        at += 8;
    }
    for (; at < to; at += 8)
        difference |= *(const fence_u64 *)at ^ fence_word(at);
    return difference == 0;
}

/* fence_arm_odd, fence_is_odd_intact - the same where `to` is any address. */
void fence_arm_odd(uintptr_t from, uintptr_t to);
bool fence_is_odd_intact(uintptr_t from, uintptr_t to);

/* fence_byte - the pattern of the byte at `addr`. */
uint8_t fence_byte(uintptr_t addr);

/* What is wrong in a stretch of memory. */
struct fence_damage {
    uintptr_t first; /* first damaged byte */
    uintptr_t last;  /* last one */
    size_t count;    /* how many between them are damaged */
};

/* fence_inspect - find the damage in [from, to), byte by byte; false if there
 * is none. */
bool fence_inspect(uintptr_t from, uintptr_t to,
                   struct fence_damage *out_damage);

#endif
