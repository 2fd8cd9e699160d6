/*
 * base/format.h - printf's useful part, without allocation, locale or locks.
 *
 * Conversions: %d %i %u %x %X %c %s %p %%, with flags `-`, `0`, `+` and `'`
 * (thousands separated by commas), a width and a precision (numbers or *), and
 * the lengths hh h l ll z t j. There are no floating-point conversions:
 * ratios are printed with format_ratio. %s of NULL prints (null). An unknown
 * conversion is copied as it stands.
 */
#ifndef BASE_FORMAT_H
#define BASE_FORMAT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * format_text - print into `buffer` of `size` bytes, always terminated.
 *
 * size: bytes, may be 0 (then `buffer` may be NULL).
 * Returns the length of the whole text: it was cut if that is not under
 * `size`.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* format_text_v - format_text with the values in `values`. */
size_t format_text_v(char *buffer, size_t size, const char *format,
                     va_list values) PRINTF_LIKE(3, 0);

/*
 * format_size - a size for a person: "0 B", "812 B", "3.4 KiB", "1.2 GiB".
 *
 * Returns `buffer`, which should have 16 bytes.
 */
const char *format_size(char *buffer, size_t size, uint64_t bytes);

/*
 * format_time - a duration for a person: "12 ns" .. "812 ms", "3.4 s",
 * "2 m 05 s", "1 h 02 m", "3 d 04 h".
 *
 * Returns `buffer`, which should have 24 bytes.
 */
const char *format_time(char *buffer, size_t size, uint64_t ns);

/*
 * format_ratio - part / whole with `digits` (0..6) decimals, times `scale`
 * (100 for per cent); "-" where `whole` is 0.
 *
 * Returns `buffer`, which should have 32 bytes.
 */
const char *format_ratio(char *buffer, size_t size, uint64_t part,
                         uint64_t whole, unsigned scale, unsigned digits);

#endif
