/*
 * guard/wide.h - program memory, 16 bytes at a time, whatever type it has.
 *
 * Vectors are the compiler's, so that each CPU's own are used.
 */
#ifndef GUARD_WIDE_H
#define GUARD_WIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

typedef uint64_t wide __attribute__((vector_size(16)));

/* In memory, at a multiple of 16, and anywhere. */
typedef wide wide_even __attribute__((may_alias));
typedef wide wide_loose __attribute__((may_alias, aligned(1)));

static ALWAYS_INLINE bool
wide_is_zero(wide value)
{
    return (value[0] | value[1]) == 0;
}

#endif
