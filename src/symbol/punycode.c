/*
 * symbol/punycode.c - Unicode text written in letters and digits.
 *
 * The parameters of RFC 3492, section 5, stand in adapt_bias and read_delta as
 * numbers: base 36, tmin 1, tmax 26, skew 38, damp 700.
 */
#include "symbol/punycode.h"

#include <stdbool.h>
#include <string.h>

static uint32_t
adapt_bias(uint32_t delta, uint32_t count, bool is_first)
{
    uint32_t k = 0;

    delta = is_first ? delta / 700 : delta / 2;
    delta += delta / count;
    while (delta > 455) {
        delta /= 35;
        k += 36;
    }
    return k + 36 * delta / (delta + 38);
}

/* Read one generalised integer and add it to *index. */
static bool
read_delta(const char **text, const char *end, uint32_t bias, uint32_t *index)
{
    uint32_t weight = 1;

    for (uint32_t k = 36;; k += 36) {
        uint32_t threshold = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
        uint32_t digit;
        char c;

        if (*text == end)
            return false;
        c = *(*text)++;
        if (c >= 'a' && c <= 'z')
            digit = (uint32_t)(c - 'a');
        else if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0') + 26;
        else
            return false;
        if (digit > (UINT32_MAX - *index) / weight)
            return false;
        *index += digit * weight;
        if (digit < threshold)
            return true;
        if (weight > UINT32_MAX / (36 - threshold))
            return false;
        weight *= 36 - threshold;
    }
}

int
punycode_decode(const char *text, size_t n, char delimiter,
                uint32_t *out_points, uint32_t max)
{
    const char *end = text + n;
    const char *bar = memrchr(text, delimiter, n);
    uint32_t count = 0;
    uint32_t point = 128;
    uint32_t bias = 72;
    uint32_t index = 0;

    if (bar != NULL) {
        for (; text < bar && count < max; text++)
            out_points[count++] = (unsigned char)*text;
        text = bar + 1;
    }
    while (text < end) {
        uint32_t before = index;

        if (count == max || !read_delta(&text, end, bias, &index))
            return -1;
        count++;
        bias = adapt_bias(index - before, count, before == 0);
        if (index / count > UINT32_MAX - point)
            return -1;
        point += index / count;
        index %= count;
        memmove(out_points + index + 1, out_points + index,
                (count - 1 - index) * sizeof out_points[0]);
        out_points[index++] = point;
    }
    return (int)count;
}
