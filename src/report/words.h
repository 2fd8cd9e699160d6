/*
 * report/words.h - numbers, blocks and texts as a person reads them.
 *
 * Texts are appended to a buffer. Thread: any. Signal: yes. Locks: none.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meta/buffer.h"

/* words_count - "1 block", "1,234 blocks": `n` and `noun`, with an s where it
 * is not one. */
void words_count(struct buffer *out, uint64_t n, const char *noun);

/* words_bytes - "1 byte", "24 bytes", "1,234,567 bytes". */
void words_bytes(struct buffer *out, uint64_t n);

/* words_total - "24 bytes in 3 blocks". */
void words_total(struct buffer *out, uint64_t bytes, uint64_t blocks);

/* words_time - a duration: "2.3 s". */
void words_time(struct buffer *out, uint64_t ns);

/* words_address - "0x7f0012345678". */
void words_address(struct buffer *out, uintptr_t addr);

/* words_character - the bytes of the UTF-8 character at `text`, which is
 * terminated; 0 if there is none: overlong forms, surrogates and numbers past
 * U+10FFFF are none. */
size_t words_character(const char *text);

/* words_safe - `text` with every control byte, and every byte that is not part
 * of valid UTF-8, as \xNN, so that no name that the program chose can break a
 * line or steer a terminal. NULL is "". */
void words_safe(struct buffer *out, const char *text);

/* words_contain - true if the `n` bytes at `bytes` have the `length` bytes at
 * `wanted` among them. Cost: O(n * length) at worst. */
bool words_contain(const char *bytes, size_t n, const char *wanted,
                   size_t length);

#endif
