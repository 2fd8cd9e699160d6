/*
 * guard/fence.c - the slow half: where exactly a fence is damaged.
 */
#include "guard/fence.h"

#include <string.h>

#include "guard/slotfence.h"

/* All bytes have these bits in common: see fence.h. */
#define TOP_BITS UINT64_C(0x8080808080808080)

_Alignas(16) uint64_t fence_keys[2];

const uint8_t slotfence_masks[32] = {[16] = 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff,        0xff, 0xff, 0xff, 0xff, 0xff,
                                     0xff,        0xff, 0xff, 0xff};

void
fence_set_key(uint64_t low, uint64_t high)
{
    fence_keys[0] = (low & FENCE_BITS) | TOP_BITS;
    fence_keys[1] = (high & FENCE_BITS) | TOP_BITS;
}

uint8_t
fence_byte(uintptr_t addr)
{
    uint64_t word = fence_word(addr & ~(uintptr_t)7);
    uint8_t bytes[8];

    memcpy(bytes, &word, sizeof(bytes));
    return bytes[addr & 7];
}

void
fence_arm_odd(uintptr_t from, uintptr_t to)
{
    uintptr_t even = to & ~(uintptr_t)7;

    if (from < even)
        fence_arm(from, even);
    for (uintptr_t at = from > even ? from : even; at < to; at++)
        *(uint8_t *)at = fence_byte(at);
}

bool
fence_is_odd_intact(uintptr_t from, uintptr_t to)
{
    uintptr_t even = to & ~(uintptr_t)7;

    if (from < even && !fence_is_intact(from, even))
        return false;
    for (uintptr_t at = from > even ? from : even; at < to; at++) {
        if (*(const uint8_t *)at != fence_byte(at))
            return false;
    }
    return true;
}

bool
fence_inspect(uintptr_t from, uintptr_t to, struct fence_damage *out_damage)
{
    struct fence_damage damage = {0, 0, 0};

    for (uintptr_t at = from; at < to; at++) {
        if (*(const uint8_t *)at == fence_byte(at))
            continue;
        if (damage.count++ == 0)
            damage.first = at;
        damage.last = at;
    }
    if (damage.count == 0)
        return false;
    *out_damage = damage;
    return true;
}
