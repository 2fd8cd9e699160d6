/*
 * base/text.c - bounded text: compare, copy, split, read numbers.
 *
 * Numbers are read in two steps: read_digits takes the number and says where
 * it ended; the public functions say what may follow it, by tables of units.
 */
#include "base/text.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"

/* Longest word that text_distance measures, in bytes. */
#define DISTANCE_MAX 63

/* A suffix of a number and what it multiplies by. */
struct unit {
    const char *name; /* lower case */
    uint64_t factor;
};

static const struct unit size_units[] = {
    {"", 1},
    {"b", 1},
    {"k", UINT64_C(1) << 10},
    {"kb", UINT64_C(1) << 10},
    {"kib", UINT64_C(1) << 10},
    {"m", UINT64_C(1) << 20},
    {"mb", UINT64_C(1) << 20},
    {"mib", UINT64_C(1) << 20},
    {"g", UINT64_C(1) << 30},
    {"gb", UINT64_C(1) << 30},
    {"gib", UINT64_C(1) << 30},
};

#define NS_PER_S UINT64_C(1000000000)

static const struct unit time_units[] = {
    {"", NS_PER_S},       {"ms", UINT64_C(1000000)}, {"s", NS_PER_S},
    {"m", 60 * NS_PER_S}, {"h", 3600 * NS_PER_S},    {"d", 86400 * NS_PER_S},
};

static int
lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* digit_value - what `c` counts as a digit, or 255 if it is none. */
static unsigned
digit_value(char c)
{
    int letter = lower(c);

    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (letter >= 'a' && letter <= 'f')
        return (unsigned)(letter - 'a') + 10;
    return 255;
}

/*
 * read_digits - read the number at the start of the `n` bytes at `text`.
 *
 * Returns how many bytes it has, or -EINVAL, or -ERANGE. A leading 0 is octal
 * only if a digit follows it: "0k" is nought with a unit.
 */
static long
read_digits(const char *text, size_t n, uint64_t *out_value)
{
    unsigned base = 10;
    uint64_t value = 0;
    size_t first = 0;
    size_t i;

    if (n > 2 && text[0] == '0' && lower(text[1]) == 'x') {
        base = 16;
        first = 2;
    } else if (n > 1 && text[0] == '0' && digit_value(text[1]) < 10) {
        base = 8;
        first = 1;
    }
    for (i = first; i < n && digit_value(text[i]) < base; i++) {
        if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
            __builtin_add_overflow(value, (uint64_t)digit_value(text[i]),
                                   &value))
            return -ERANGE;
    }
    if (i == first)
        return -EINVAL;
    *out_value = value;
    return (long)i;
}

/* is_unit - true if the `n` bytes at `text` spell `name` in either case. */
static bool
is_unit(const char *name, const char *text, size_t n)
{
    if (strlen(name) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (lower(text[i]) != name[i])
            return false;
    }
    return true;
}

/* read_with_unit - a number and one of `units`, multiplied out. */
static int
read_with_unit(const char *text, size_t n, const struct unit *units,
               size_t unit_count, uint64_t *out_value)
{
    uint64_t value;
    long length = read_digits(text, n, &value);

    if (length < 0)
        return (int)length;
    text += length;
    n -= (size_t)length;
    for (size_t i = 0; i < unit_count; i++) {
        if (!is_unit(units[i].name, text, n))
            continue;
        if (__builtin_mul_overflow(value, units[i].factor, &value))
            return -ERANGE;
        *out_value = value;
        return 0;
    }
    return -EINVAL;
}

bool
text_is_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

bool
text_is_equal_n(const char *a, const char *b, size_t n)
{
    return strlen(a) == n && memcmp(a, b, n) == 0;
}

bool
text_has_prefix(const char *text, const char *prefix)
{
    while (*prefix != '\0') {
        if (*text++ != *prefix++)
            return false;
    }
    return true;
}

size_t
text_copy(char *target, size_t size, const char *source)
{
    return text_copy_n(target, size, source, strlen(source));
}

size_t
text_copy_n(char *target, size_t size, const char *source, size_t n)
{
    size_t room;

    if (size == 0)
        return n;
    room = n < size ? n : size - 1;
    memcpy(target, source, room);
    target[room] = '\0';
    return n;
}

const char *
text_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

void
text_trim(const char **text, size_t *n)
{
    while (*n > 0 && is_blank((*text)[0])) {
        (*text)++;
        (*n)--;
    }
    while (*n > 0 && is_blank((*text)[*n - 1]))
        (*n)--;
}

/*
 * Only the last star seen can need another try: whatever an earlier one could
 * give up, the last can take. So one point to come back to is enough.
 */
bool
text_match(const char *pattern, const char *text)
{
    const char *star = NULL;
    const char *retry = NULL;

    while (*text != '\0') {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

int
text_read_u64(const char *text, size_t n, uint64_t *out_value)
{
    uint64_t value;
    long length = read_digits(text, n, &value);

    if (length < 0)
        return (int)length;
    if ((size_t)length != n)
        return -EINVAL;
    *out_value = value;
    return 0;
}

int
text_read_size(const char *text, size_t n, uint64_t *out_bytes)
{
    return read_with_unit(text, n, size_units, ARRAY_COUNT(size_units),
                          out_bytes);
}

int
text_read_time(const char *text, size_t n, uint64_t *out_ns)
{
    return read_with_unit(text, n, time_units, ARRAY_COUNT(time_units), out_ns);
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Three rows of the usual matrix are enough: a swap looks back two. */
unsigned
text_distance(const char *a, const char *b, size_t n)
{
    unsigned char rows[3][DISTANCE_MAX + 1];
    size_t length = strlen(a);

    if (length > DISTANCE_MAX || n > DISTANCE_MAX)
        return DISTANCE_MAX + 1;
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = (unsigned char)j;
    for (size_t i = 1; i <= length; i++) {
        unsigned char *row = rows[i % 3];
        const unsigned char *before = rows[(i + 2) % 3];
        const unsigned char *before2 = rows[(i + 1) % 3];

        row[0] = (unsigned char)i;
        for (size_t j = 1; j <= n; j++) {
            unsigned best = before[j - 1] + (a[i - 1] != b[j - 1]);

            best = least(best, before[j] + 1U);
            best = least(best, row[j - 1] + 1U);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, before2[j - 2] + 1U);
            row[j] = (unsigned char)best;
        }
    }
    return rows[length % 3][n];
}
