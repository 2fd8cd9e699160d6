/*
 * base/text.h - bounded text: compare, copy, split, read numbers.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing
 * and know no locale.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* text_is_equal - true if `a` and `b` hold the same bytes. */
bool text_is_equal(const char *a, const char *b);

/* text_is_equal_n - true if `a` is the `n` bytes at `b` and no more. */
bool text_is_equal_n(const char *a, const char *b, size_t n);

/* text_has_prefix - true if `text` begins with `prefix`. */
bool text_has_prefix(const char *text, const char *prefix);

/*
 * text_copy - copy `source` to `target`, cut to `size` bytes, always
 * terminated.
 *
 * size: bytes at `target`, > 0.
 * Returns the length of `source`: it was cut if that is not under `size`.
 */
size_t text_copy(char *target, size_t size, const char *source);

/* text_copy_n - like text_copy, of the `n` bytes at `source` (no NUL needed).
 * Returns n. */
size_t text_copy_n(char *target, size_t size, const char *source, size_t n);

/* text_base_name - the part of `path` after its last slash. */
const char *text_base_name(const char *path);

/*
 * text_trim - narrow [*text, *text + *n) by the blanks (space, tab, CR, LF)
 * at both ends.
 */
void text_trim(const char **text, size_t *n);

/*
 * text_match - true if `text` matches the shell-like `pattern`, in which `*`
 * is any run of bytes and `?` any one byte. Linear in the product of lengths
 * at worst, never exponential.
 */
bool text_match(const char *pattern, const char *text);

/*
 * text_read_u64 - read a number: decimal, 0x hexadecimal or 0 octal.
 *
 * text, n: the bytes to read; all must belong to the number.
 * Returns 0, or -EINVAL if there is no number or something after it, or
 * -ERANGE past 64 bits. *out_value is untouched on failure.
 */
int MUST_CHECK text_read_u64(const char *text, size_t n, uint64_t *out_value);

/* text_read_size - like text_read_u64, with an optional k, m or g (powers of
 * 1024, either case, an optional b or ib after it), in bytes. */
int MUST_CHECK text_read_size(const char *text, size_t n, uint64_t *out_bytes);

/* text_read_time - like text_read_u64, with an optional ms, s, m, h or d;
 * without one, seconds. In nanoseconds. */
int MUST_CHECK text_read_time(const char *text, size_t n, uint64_t *out_ns);

/*
 * text_distance - how many letters must be put in, taken out, replaced or
 * swapped with the next to make `a` of the `n` bytes at `b`; for "did you
 * mean". Words over 63 bytes give 64.
 *
 * Source: Damerau, CACM 1964 (the restricted form, optimal alignment).
 */
unsigned text_distance(const char *a, const char *b, size_t n);

#endif
