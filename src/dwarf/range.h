/*
 * dwarf/range.h - the pieces of code that an entry covers.
 *
 * Source: DWARF 4, sec. 2.17.3 (.debug_ranges); DWARF 5, sec. 2.17.3 and 7.25
 * (.debug_rnglists).
 */
#ifndef DWARF_RANGE_H
#define DWARF_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/info.h"

/*
 * range_each - call `visit` for each piece [low, high) of `entry`, from its low
 * and high pc or its range list, until it returns false. Empty pieces, and
 * those of code that the linker threw away, are left out.
 *
 * Returns 0, also if it has none; -EINVAL if its list is malformed.
 * Thread: any.   Signal: yes.   Locks: none.
 */
int range_each(const struct info_unit *unit, const struct info_entry *entry,
               bool (*visit)(uint64_t low, uint64_t high, void *context),
               void *context);

/* range_has - true if `addr` lies in one of the pieces of `entry`. */
bool range_has(const struct info_unit *unit, const struct info_entry *entry,
               uint64_t addr);

#endif
