/*
 * dwarf/aranges.h - .debug_aranges: which unit an address is in, where the
 * compiler wrote that down.
 *
 * Not all compilers do, so an address that is not in it may still be in a unit.
 *
 * Source: DWARF 5, sec. 6.1.2; the same in DWARF 2 to 4.
 */
#ifndef DWARF_ARANGES_H
#define DWARF_ARANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/cursor.h"

/*
 * aranges_each - call `visit` for each piece of code [low, high), with the
 * offset of its unit in .debug_info, until it returns false. Empty pieces, and
 * those of code that the linker threw away, are left out.
 *
 * Returns 0, or -EINVAL where the section is malformed; the pieces before are
 * good.
 * Thread: any.   Signal: yes.   Locks: none.
 */
int aranges_each(struct cursor_bytes aranges,
                 bool (*visit)(uint64_t low, uint64_t high, uint64_t unit,
                               void *context),
                 void *context);

#endif
