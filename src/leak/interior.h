/*
 * leak/interior.h - pointers into the middle of a block that are as good as
 * pointers to its first byte.
 *
 * Source: four of the cases are those of valgrind's --leak-check-heuristics
 * (manual, sec. 4.3), the fifth (a part that notes the block's address) ours;
 * the layouts are the Itanium C++ ABI, sec. 2.7 (array
 * cookies) and 2.5 (virtual tables), and libstdc++'s basic_string of before
 * GCC 5.
 */
#ifndef LEAK_INTERIOR_H
#define LEAK_INTERIOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "leak/shadow.h"

/* interior_begin, interior_end - before and after a scan: where code and
 * constants lie is asked of the module list. Returns 0 or -ENOMEM. */
int MUST_CHECK interior_begin(void);
void interior_end(void);

/* interior_is_start - true if `value`, in the middle of `block`, points to
 * what the program knows as the block. */
bool interior_is_start(const struct shadow_block *block, uintptr_t value);

#endif
