/*
 * symbol/punycode.h - Unicode text written in letters and digits.
 */
#ifndef SYMBOL_PUNYCODE_H
#define SYMBOL_PUNYCODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * punycode_decode - the code points of the `n` bytes at `text`.
 *
 * delimiter: ends the part that stands for itself; '-' in the standard.
 * Returns how many, 0..max, or -1 if it is malformed or has more than `max`.
 *
 * Thread: any.   Signal: yes.   Locks: none.   Cost: O(n^2), n <= max.
 * Source: RFC 3492.
 */
int punycode_decode(const char *text, size_t n, char delimiter,
                    uint32_t *out_points, uint32_t max);

#endif
