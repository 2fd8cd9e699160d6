/*
 * dwarf/package.h - one unit's part of a .dwp package.
 *
 * Source: DWARF 5, sec. 7.3.5 (.debug_cu_index); the GNU form for DWARF 4 (gcc
 * wiki, DebugFissionDWP).
 */
#ifndef DWARF_PACKAGE_H
#define DWARF_PACKAGE_H

#include <stdint.h>

#include "base/attr.h"
#include "dwarf/form.h"

/*
 * package_find - narrow the sections of a package to the unit `dwo_id`.
 *
 * index: .debug_cu_index.   whole: the package's sections, each in full.
 * out_part: `whole` with each section that the unit has a part of cut to it.
 * Returns 0, -ENOENT if the unit is not in it, -EINVAL.
 * Thread: any.   Signal: yes.   Locks: none.   Cost: O(1).
 */
int MUST_CHECK package_find(struct cursor_bytes index,
                            const struct form_sections *whole, uint64_t dwo_id,
                            struct form_sections *out_part);

#endif
