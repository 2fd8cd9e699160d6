/*
 * base/real.h - the few functions of real numbers that estimates need, without
 * libm: the library needs libc alone.
 *
 * All functions: Thread: any. Signal: yes. Locks: none.
 */
#ifndef BASE_REAL_H
#define BASE_REAL_H

#include <stdint.h>

/* real_ln - the natural logarithm of `x`, a normal number > 0, to 1e-14 of it
 * (of 1, where it is smaller). */
double real_ln(double x);

/* real_decay - 1 - e^-x for `x` >= 0, to 1e-14 of it, however small `x` is. */
double real_decay(double x);

/* real_root - the square root of `x`; 0 for what is not > 0. */
double real_root(double x);

/* real_round - the nearest integer to `x`; 0 for less than 0, UINT64_MAX for
 * what is more than that. */
uint64_t real_round(double x);

#endif
