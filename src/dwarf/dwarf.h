/*
 * dwarf/dwarf.h - the door of dwarf: decoders of DWARF bytes.
 *
 * Owns nothing: every function gets bytes and gives values; none allocates,
 * locks, calls the kernel or reads outside of the bytes, whatever they hold.
 *
 * Unwinding:  frame.h (which entry is for a pc), cfi.h (its rules there),
 *             expr.h (rules that compute).
 * Naming:     form.h (attribute values), info.h (units and entries), range.h
 *             (the code they cover), aranges.h (which unit covers it), line.h
 *             (source lines), package.h (.dwp).
 * Reading order: cursor.h, then either of the two.
 */
#ifndef DWARF_DWARF_H
#define DWARF_DWARF_H

#include "dwarf/aranges.h"
#include "dwarf/cfi.h"
#include "dwarf/cursor.h"
#include "dwarf/expr.h"
#include "dwarf/form.h"
#include "dwarf/frame.h"
#include "dwarf/info.h"
#include "dwarf/line.h"
#include "dwarf/package.h"
#include "dwarf/range.h"

#endif
