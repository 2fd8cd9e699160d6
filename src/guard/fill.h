/*
 * guard/fill.h - fills: a byte over the whole block.
 *
 * New memory is filled so that a program that relies on zeroes, or on what was
 * there before, fails soon; freed memory, so that it fails when it reads it
 * and is caught when it writes it. Eight fill bytes are no valid address.
 *
 * All functions: Thread: owner of the bytes. Signal: yes. Locks: none.
 */
#ifndef GUARD_FILL_H
#define GUARD_FILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "guard/wide.h"

typedef uint64_t fill_loose_u64 __attribute__((may_alias, aligned(1)));

/* fill_set - set `n` bytes at `addr` to `byte`. */
void fill_set(uintptr_t addr, size_t n, uint8_t byte);

/* fill_is_intact - true if all of `n` bytes at `addr` are `byte`. The last ones
 * are compared together with some before them, so little goes byte by byte. */
static ALWAYS_INLINE bool
fill_is_intact(uintptr_t addr, size_t n, uint8_t byte)
{
    uint64_t word = byte * UINT64_C(0x0101010101010101);
    wide want = {word, word};
    wide damage = {0, 0};
    uintptr_t last = addr + n - sizeof(want);

    if (UNLIKELY(n < sizeof(want))) {
        uint64_t bytes = 0;

        if (n >= sizeof(word))
            return ((*(const fill_loose_u64 *)addr ^ word) |
                    (*(const fill_loose_u64 *)(addr + n - 8) ^ word)) == 0;
        for (size_t i = 0; i < n; i++)
            bytes |= *(const uint8_t *)(addr + i) ^ (uint64_t)byte;
        return bytes == 0;
    }
    for (; addr < last; addr += sizeof(want))
        damage |= *(const wide_loose *)addr ^ want;
    damage |= *(const wide_loose *)last ^ want;
    return wide_is_zero(damage);
}

/* fill_find_damage - the first of `n` bytes at `addr` that is not `byte`: true,
 * and *out_at set; false if there is none. */
bool fill_find_damage(uintptr_t addr, size_t n, uint8_t byte,
                      uintptr_t *out_at);

#endif
