/*
 * stack/tables.h - which unwind table knows a place in the code.
 *
 * glibc keeps a sorted list of what is loaded that can be read without a lock,
 * at any time, in the middle of dlopen too (_dl_find_object, 2.35 and later);
 * where there is none, and for the vDSO, it is our own list of modules.
 *
 * Thread: any.   Signal: yes.   Locks: none; never the loader's.
 * Source: glibc manual, "Dynamic Linker Introspection".
 */
#ifndef STACK_TABLES_H
#define STACK_TABLES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"

/*
 * tables_find - the unwind table of the module that `place` lies in, in memory.
 *
 * Returns false if it lies in none, or in one without a table.
 */
bool MUST_CHECK tables_find(uintptr_t place, struct frame_table *out_table);

#endif
