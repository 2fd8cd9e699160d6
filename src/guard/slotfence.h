/*
 * guard/slotfence.h - the fences of an ordinary slot, 16 bytes at a time.
 *
 * As guard_arm and guard_is_intact, for the layout that nearly all heaps have:
 * fences of SLOTFENCE_BYTES, and a block that begins where its slot does. What
 * a block leaves of its slot is then nearly always less than 16 bytes, so the
 * two vectors at a slot's end are all that there is to write or to compare,
 * without a branch that would depend on the block's size.
 *
 * All functions: Thread: owner of the bytes. Signal: yes. Locks: none.
 * Source: ours.
 */
#ifndef GUARD_SLOTFENCE_H
#define GUARD_SLOTFENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "guard/fence.h"
#include "guard/wide.h"

#define SLOTFENCE_BYTES 16u

/* 16 bytes of 0, then 16 of 0xff. */
extern HIDDEN const uint8_t slotfence_masks[32];

/* The bytes of a vector from byte `n` (0..16) on. */
static ALWAYS_INLINE wide
slotfence_mask(ptrdiff_t n)
{
    return *(const wide_loose *)(slotfence_masks + 16 - n);
}

static ALWAYS_INLINE wide
slotfence_pattern(uintptr_t addr)
{
    uint64_t mix = fence_mix(addr);

    return (wide){mix, mix} ^ *(const wide_even *)fence_keys;
}

static ALWAYS_INLINE wide_even *
slotfence_at(uintptr_t addr)
{
    return (wide_even *)addr;
}

/* The damage to [from, to), to: a multiple of 16; zero if there is none. */
static ALWAYS_INLINE wide
slotfence_damage(uintptr_t from, uintptr_t to)
{
    wide mask = slotfence_mask((ptrdiff_t)(from & 15));
    wide damage = {0, 0};

    for (uintptr_t at = from & ~(uintptr_t)15; at < to; at += 16) {
        damage |= (*slotfence_at(at) ^ slotfence_pattern(at)) & mask;
        mask = ~(wide){0, 0};
    }
    return damage;
}

/*
 * slotfence_arm - write the pattern behind a block whose last byte is the one
 * before `rear`, in the slot that ends at `end`.
 *
 * start, index: of the slot; is_fresh: it was never handed out before, and the
 * first of its span arms the lead too.
 * Returns false if the slot's last 16 bytes, which had the pattern already, do
 * not have it: something wrote there since.
 */
static ALWAYS_INLINE bool
slotfence_arm(uintptr_t start, uint32_t index, bool is_fresh, uintptr_t rear,
              uintptr_t end)
{
    ptrdiff_t n = (ptrdiff_t)(rear - (end - 32));
    bool is_intact = true;
    wide mask;

    if (UNLIKELY(is_fresh)) {
        *slotfence_at(end - 16) = slotfence_pattern(end - 16);
        if (index == 0)
            *slotfence_at(start - 16) = slotfence_pattern(start - 16);
    } else {
        is_intact =
            wide_is_zero(*slotfence_at(end - 16) ^ slotfence_pattern(end - 16));
    }
    if (UNLIKELY(n < 0)) {
        fence_arm(rear, end - 32);
        n = 0;
    }
    mask = slotfence_mask(n);
    *slotfence_at(end - 32) = (*slotfence_at(end - 32) & ~mask) |
                              (slotfence_pattern(end - 32) & mask);
    return is_intact;
}

/* slotfence_is_slack_intact - are the bytes [rear, end - SLOTFENCE_BYTES) as
 * they were armed, of the slot that ends at `end`? */
static ALWAYS_INLINE bool
slotfence_is_slack_intact(uintptr_t rear, uintptr_t end)
{
    ptrdiff_t n = (ptrdiff_t)(rear - (end - 32));
    wide damage = {0, 0};

    if (UNLIKELY(n < 0)) {
        damage = slotfence_damage(rear, end - 32);
        n = 0;
    }
    damage |= (*slotfence_at(end - 32) ^ slotfence_pattern(end - 32)) &
              slotfence_mask(n);
    return wide_is_zero(damage);
}

/*
 * slotfence_is_intact - are the bytes [rear, end) and [from, start) as they
 * were armed?
 *
 * start, end: of the block's slot; rear: where the block ends; from: where what
 * the slot before is not used for begins, at most start - 16; has_before: there
 * is one.
 */
static ALWAYS_INLINE bool
slotfence_is_intact(uintptr_t from, uintptr_t start, uintptr_t rear,
                    uintptr_t end, bool has_before)
{
    ptrdiff_t n = (ptrdiff_t)(rear - (end - 32));
    ptrdiff_t m = (ptrdiff_t)(from - (start - 32));
    wide damage = {0, 0};

    if (UNLIKELY((n | m) < 0)) {
        damage = slotfence_damage(rear, end - 32) |
                 slotfence_damage(from, start - 32);
        n = n < 0 ? 0 : n;
        m = m < 0 ? 0 : m;
    }
    damage |= *slotfence_at(end - 16) ^ slotfence_pattern(end - 16);
    damage |= (*slotfence_at(end - 32) ^ slotfence_pattern(end - 32)) &
              slotfence_mask(n);
    damage |= *slotfence_at(start - 16) ^ slotfence_pattern(start - 16);
    if (LIKELY(has_before))
        damage |= (*slotfence_at(start - 32) ^ slotfence_pattern(start - 32)) &
                  slotfence_mask(m);
    return wide_is_zero(damage);
}

#endif
