/*
 * base/format.c - printf's useful part, without allocation, locale or locks.
 *
 * A format is read one conversion at a time into a `struct spec`; its value is
 * fetched by the length given; and text goes through `struct sink`, which
 * counts what it had no room for. The sizes and times for people stand below.
 */
#include "base/format.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/bits.h"

/* Digits of 2^64 - 1 in decimal, with six separators. */
#define DIGITS_MAX (20 + 6)

struct sink {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, stored or not */
};

enum spec_length {
    LENGTH_CHAR,
    LENGTH_SHORT,
    LENGTH_INT,
    LENGTH_LONG,
    LENGTH_LONG_LONG,
    LENGTH_WIDE /* z, t and j are one width */
};

static_assert(sizeof(size_t) == sizeof(uintmax_t) &&
                  sizeof(ptrdiff_t) == sizeof(intmax_t),
              "size_t, ptrdiff_t and intmax_t are read as one type");

/* One conversion, read. */
struct spec {
    bool is_left;
    bool is_zero;
    bool is_signed_plus;
    bool is_grouped;
    bool has_precision;
    size_t width;
    size_t precision;
    enum spec_length length;
    char conversion;
};

static void
put_char(struct sink *sink, char c)
{
    if (sink->length < sink->size)
        sink->buffer[sink->length] = c;
    sink->length++;
}

static void
put_run(struct sink *sink, char c, size_t n)
{
    while (n-- > 0)
        put_char(sink, c);
}

static void
put_bytes(struct sink *sink, const char *bytes, size_t n)
{
    if (sink->length < sink->size) {
        size_t room = sink->size - sink->length;

        memcpy(sink->buffer + sink->length, bytes, n < room ? n : room);
    }
    sink->length += n;
}

/* put_field - text with blanks up to the width, on the side asked for. */
static void
put_field(struct sink *sink, const struct spec *spec, const char *text,
          size_t n)
{
    size_t pad = spec->width > n ? spec->width - n : 0;

    if (!spec->is_left)
        put_run(sink, ' ', pad);
    put_bytes(sink, text, n);
    if (spec->is_left)
        put_run(sink, ' ', pad);
}

/* make_digits - the digits of `value` at the end of `digits`; returns how
 * many bytes they are. Nought is one digit. */
static size_t
make_digits(char digits[DIGITS_MAX], uint64_t value, unsigned base, bool upper,
            bool grouped)
{
    const char *names = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    size_t at = DIGITS_MAX;
    unsigned count = 0;

    do {
        if (grouped && count != 0 && count % 3 == 0)
            digits[--at] = ',';
        digits[--at] = names[value % base];
        value /= base;
        count++;
    } while (value != 0);
    return DIGITS_MAX - at;
}

/* put_number - sign or prefix, zeros, digits, and padding around them. */
static void
put_number(struct sink *sink, const struct spec *spec, const char *prefix,
           uint64_t value, unsigned base)
{
    char digits[DIGITS_MAX];
    size_t count = make_digits(digits, value, base, spec->conversion == 'X',
                               spec->is_grouped && base == 10);
    const char *first = digits + DIGITS_MAX - count;
    size_t prefix_length = strlen(prefix);
    size_t zeros = 0;
    size_t total;

    if (spec->has_precision) {
        if (spec->precision == 0 && value == 0)
            count = 0;
        zeros = spec->precision > count ? spec->precision - count : 0;
    } else if (spec->is_zero && !spec->is_left &&
               spec->width > prefix_length + count) {
        zeros = spec->width - prefix_length - count;
    }
    total = prefix_length + zeros + count;
    if (!spec->is_left && spec->width > total)
        put_run(sink, ' ', spec->width - total);
    put_bytes(sink, prefix, prefix_length);
    put_run(sink, '0', zeros);
    put_bytes(sink, first, count);
    if (spec->is_left && spec->width > total)
        put_run(sink, ' ', spec->width - total);
}

/* put_string - text up to its NUL or the precision; no byte is read after. */
static void
put_string(struct sink *sink, const struct spec *spec, const char *text)
{
    size_t n = 0;

    if (text == NULL)
        text = "(null)";
    while (!(spec->has_precision && n >= spec->precision) && text[n] != '\0')
        n++;
    put_field(sink, spec, text, n);
}

/* The list of values, in a struct so that it can be handed on by address on
 * every CPU (a va_list may be an array). */
struct values {
    va_list list;
};

static int64_t
take_signed(struct values *values, enum spec_length length)
{
    switch (length) {
    case LENGTH_CHAR:
        return (signed char)va_arg(values->list, int);
    case LENGTH_SHORT:
        return (short)va_arg(values->list, int);
    case LENGTH_LONG:
        return va_arg(values->list, long);
    case LENGTH_LONG_LONG:
        return va_arg(values->list, long long);
    case LENGTH_WIDE:
        return va_arg(values->list, intmax_t);
    case LENGTH_INT:
        break;
    }
    return va_arg(values->list, int);
}

static uint64_t
take_unsigned(struct values *values, enum spec_length length)
{
    switch (length) {
    case LENGTH_CHAR:
        return (unsigned char)va_arg(values->list, unsigned);
    case LENGTH_SHORT:
        return (unsigned short)va_arg(values->list, unsigned);
    case LENGTH_LONG:
        return va_arg(values->list, unsigned long);
    case LENGTH_LONG_LONG:
        return va_arg(values->list, unsigned long long);
    case LENGTH_WIDE:
        return va_arg(values->list, uintmax_t);
    case LENGTH_INT:
        break;
    }
    return va_arg(values->list, unsigned);
}

static const char *
read_flags(const char *at, struct spec *spec)
{
    for (;; at++) {
        switch (*at) {
        case '-':
            spec->is_left = true;
            continue;
        case '0':
            spec->is_zero = true;
            continue;
        case '+':
            spec->is_signed_plus = true;
            continue;
        case '\'':
            spec->is_grouped = true;
            continue;
        default:
            return at;
        }
    }
}

/* read_count - a width or precision written as digits; an absurd one stops
 * growing rather than wrap. */
static const char *
read_count(const char *at, size_t *out_count)
{
    size_t count = 0;

    while (*at >= '0' && *at <= '9') {
        if (count < 100000)
            count = count * 10 + (size_t)(*at - '0');
        at++;
    }
    *out_count = count;
    return at;
}

static const char *
read_width(const char *at, struct spec *spec, struct values *values)
{
    int width;

    if (*at != '*')
        return read_count(at, &spec->width);
    width = va_arg(values->list, int);
    if (width < 0)
        spec->is_left = true;
    spec->width = width < 0 ? (size_t)(-(long)width) : (size_t)width;
    return at + 1;
}

static const char *
read_precision(const char *at, struct spec *spec, struct values *values)
{
    int precision;

    if (*at != '.')
        return at;
    at++;
    spec->has_precision = true;
    if (*at != '*')
        return read_count(at, &spec->precision);
    precision = va_arg(values->list, int);
    spec->has_precision = precision >= 0;
    spec->precision = precision >= 0 ? (size_t)precision : 0;
    return at + 1;
}

static const char *
read_length(const char *at, struct spec *spec)
{
    spec->length = LENGTH_INT;
    switch (*at) {
    case 'h':
        spec->length = at[1] == 'h' ? LENGTH_CHAR : LENGTH_SHORT;
        return at + (at[1] == 'h' ? 2 : 1);
    case 'l':
        spec->length = at[1] == 'l' ? LENGTH_LONG_LONG : LENGTH_LONG;
        return at + (at[1] == 'l' ? 2 : 1);
    case 'z':
    case 't':
    case 'j':
        spec->length = LENGTH_WIDE;
        return at + 1;
    default:
        return at;
    }
}

static void
put_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
    const char *sign = value < 0 ? "-" : spec->is_signed_plus ? "+" : "";
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    put_number(sink, spec, sign, size, 10);
}

/* put_value - print one value as `spec` says; false if the conversion is not
 * one of ours (then no value was taken). */
static bool
put_value(struct sink *sink, const struct spec *spec, struct values *values)
{
    char c;

    switch (spec->conversion) {
    case 'd':
    case 'i':
        put_signed(sink, spec, take_signed(values, spec->length));
        return true;
    case 'u':
        put_number(sink, spec, "", take_unsigned(values, spec->length), 10);
        return true;
    case 'x':
    case 'X':
        put_number(sink, spec, "", take_unsigned(values, spec->length), 16);
        return true;
    case 'p':
        put_number(sink, spec, "0x", (uintptr_t)va_arg(values->list, void *),
                   16);
        return true;
    case 'c':
        c = (char)va_arg(values->list, int);
        put_field(sink, spec, &c, 1);
        return true;
    case 's':
        put_string(sink, spec, va_arg(values->list, const char *));
        return true;
    case '%':
        put_char(sink, '%');
        return true;
    default:
        return false;
    }
}

/* put_conversion - print the conversion that begins at `percent`; returns
 * what follows it. */
static const char *
put_conversion(struct sink *sink, const char *percent, struct values *values)
{
    struct spec spec = {.length = LENGTH_INT};
    const char *at = read_flags(percent + 1, &spec);

    at = read_width(at, &spec, values);
    at = read_precision(at, &spec, values);
    at = read_length(at, &spec);
    spec.conversion = *at;
    if (*at != '\0')
        at++;
    if (!put_value(sink, &spec, values))
        put_bytes(sink, percent, (size_t)(at - percent));
    return at;
}

size_t
format_text(char *buffer, size_t size, const char *format, ...)
{
    va_list values;
    size_t length;

    va_start(values, format);
    length = format_text_v(buffer, size, format, values);
    va_end(values);
    return length;
}

size_t
format_text_v(char *buffer, size_t size, const char *format, va_list values)
{
    struct sink sink = {.buffer = buffer, .size = size, .length = 0};
    struct values copy;

    va_copy(copy.list, values);
    while (*format != '\0') {
        if (*format == '%')
            format = put_conversion(&sink, format, &copy);
        else
            put_char(&sink, *format++);
    }
    va_end(copy.list);
    if (size > 0)
        buffer[sink.length < size ? sink.length : size - 1] = '\0';
    return sink.length;
}

/* Tenths are rounded; what rounds up to 1024.0 goes to the next unit. */
const char *
format_size(char *buffer, size_t size, uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    unsigned shift = 10;
    uint64_t tenths;

    if (bytes < 1024) {
        (void)format_text(buffer, size, "%u B", (unsigned)bytes);
        return buffer;
    }
    for (unsigned i = 0;; i++, shift += 10) {
        uint64_t whole = bytes >> shift;
        uint64_t rest = bytes & ((UINT64_C(1) << shift) - 1);

        if (whole >= 1024)
            continue;
        /* At most 2^60 * 10 + 2^59, so this cannot wrap. */
        rest = rest * 10 + (UINT64_C(1) << (shift - 1));
        tenths = whole * 10 + (rest >> shift);
        if (tenths >= 10240)
            continue;
        (void)format_text(buffer, size, "%u.%u %ciB", (unsigned)(tenths / 10),
                          (unsigned)(tenths % 10), units[i]);
        return buffer;
    }
}

/* A duration is cut, not rounded: what is not over yet is not counted. */
const char *
format_time(char *buffer, size_t size, uint64_t ns)
{
    uint64_t s = ns / UINT64_C(1000000000);
    unsigned minutes = (unsigned)(s / 60 % 60);
    unsigned hours = (unsigned)(s / 3600 % 24);

    if (ns < 1000)
        (void)format_text(buffer, size, "%u ns", (unsigned)ns);
    else if (ns < 1000000)
        (void)format_text(buffer, size, "%u us", (unsigned)(ns / 1000));
    else if (s == 0)
        (void)format_text(buffer, size, "%u ms", (unsigned)(ns / 1000000));
    else if (s < 60)
        (void)format_text(buffer, size, "%u.%u s", (unsigned)s,
                          (unsigned)(ns / 100000000 % 10));
    else if (s < 3600)
        (void)format_text(buffer, size, "%u m %02u s", minutes,
                          (unsigned)(s % 60));
    else if (s < 86400)
        (void)format_text(buffer, size, "%u h %02u m", hours, minutes);
    else
        (void)format_text(buffer, size, "%u d %02u h", (unsigned)(s / 86400),
                          hours);
    return buffer;
}

const char *
format_ratio(char *buffer, size_t size, uint64_t part, uint64_t whole,
             unsigned scale, unsigned digits)
{
    /* 64 + 32 + 20 bits: the product cannot wrap. */
    unsigned __int128 value;
    uint64_t power = 1;
    uint64_t units;

    if (whole == 0) {
        (void)format_text(buffer, size, "-");
        return buffer;
    }
    if (digits > 6)
        digits = 6;
    for (unsigned i = 0; i < digits; i++)
        power *= 10;
    value = (unsigned __int128)part * scale * power;
    value = (value + whole / 2) / whole;
    units = value / power > UINT64_MAX ? UINT64_MAX : (uint64_t)(value / power);
    if (digits == 0)
        (void)format_text(buffer, size, "%llu", (unsigned long long)units);
    else
        (void)format_text(buffer, size, "%llu.%0*llu",
                          (unsigned long long)units, (int)digits,
                          (unsigned long long)(value % power));
    return buffer;
}
