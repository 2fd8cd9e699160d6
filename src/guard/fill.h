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

/* fill_set - set `n` bytes at `addr` to `byte`. */
void fill_set(uintptr_t addr, size_t n, uint8_t byte);

/* fill_find_damage - the first of `n` bytes at `addr` that is not `byte`: true,
 * and *out_at set; false if there is none. */
bool fill_find_damage(uintptr_t addr, size_t n, uint8_t byte,
                      uintptr_t *out_at);

#endif
