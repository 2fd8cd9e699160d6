/*
 * base/real.c - logarithm, exponential and root, by their series.
 */
#include "base/real.h"

#include <string.h>

#define LN2 0.693147180559945309417232121458

/* A double's exponent, and its value with that exponent made 0. */
static double
split(double x, int *out_exponent)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    *out_exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    bits = (bits & ~(UINT64_C(0x7ff) << 52)) | UINT64_C(1023) << 52;
    memcpy(&x, &bits, sizeof(x));
    return x;
}

/* ln m = 2 artanh((m - 1) / (m + 1)), with m within a factor sqrt 2 of 1. */
double
real_ln(double x)
{
    int exponent;
    double m = split(x, &exponent);
    double s, square, term, sum = 0;

    if (m > 1.41421356237309505) {
        m /= 2;
        exponent++;
    }
    s = (m - 1) / (m + 1);
    square = s * s;
    term = s;
    for (int i = 1; i < 23; i += 2) {
        sum += term / i;
        term *= square;
    }
    return 2 * sum + exponent * LN2;
}

/* e^-x = 2^-k e^-r, with r < ln 2. */
double
real_decay(double x)
{
    double scale = 1, term, sum = 0;
    int k;

    if (!(x > 0))
        return 0;
    if (x > 50)
        return 1;
    k = (int)(x / LN2);
    x -= k * LN2;
    for (; k > 0; k--)
        scale /= 2;
    term = -x; /* e^-r - 1, by Taylor's series */
    for (int i = 2; i < 20; i++) {
        sum += term;
        term *= -x / i;
    }
    return (1 - scale) - scale * sum;
}

/* Newton's method, from a number with half the exponent. */
double
real_root(double x)
{
    int exponent;
    double guess = 1;

    if (!(x > 0))
        return 0;
    (void)split(x, &exponent);
    for (int i = exponent / 2; i > 0; i--)
        guess *= 2;
    for (int i = exponent / 2; i < 0; i++)
        guess /= 2;
    for (int i = 0; i < 6; i++)
        guess = (guess + x / guess) / 2;
    return guess;
}

uint64_t
real_round(double x)
{
    if (!(x > 0))
        return 0;
    if (x >= 18446744073709549568.0)
        return UINT64_MAX;
    return (uint64_t)(x + 0.5);
}
