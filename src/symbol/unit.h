/*
 * symbol/unit.h - one unit of debug information, looked into.
 *
 * Not locked: symbol's lock is held by the callers.
 */
#ifndef SYMBOL_UNIT_H
#define SYMBOL_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"
#include "meta/vector.h"

/* A piece of code of one function. */
struct unit_function {
    uint64_t low;
    uint64_t high;
    uint64_t reach; /* the largest `high` of this one and those before */
    uint64_t entry; /* offset of the function's entry in .debug_info */
};

/* A row of the line table, without what is rarely that large. */
struct unit_row {
    uint64_t addr;
    uint32_t line;
    uint16_t file;
    uint16_t column;
};

/* Rows that follow one another. */
struct unit_sequence {
    uint64_t low;
    uint64_t high;
    uint32_t first; /* in rows */
    uint32_t count;
};

struct unit {
    struct unit *next;     /* for its owner */
    uint64_t offset;       /* of the module's unit in .debug_info */
    struct info_unit info; /* where the functions are: in the module, or
                                    in a file of split DWARF */
    const char *directory; /* of the compilation, or NULL */
    struct vector offsets; /* uint32_t: for `abbrevs` */
    struct info_abbrevs abbrevs;
    struct line_program program;
    bool has_program;
    struct vector functions; /* struct unit_function, sorted by low */
    struct vector rows;      /* struct unit_row */
    struct vector sequences; /* struct unit_sequence, sorted by low */
};

/* unit_read - read the functions and lines of the unit, of which `info`,
 * `directory` and `program` are filled in; it must not be moved then. What
 * cannot be read, for want of memory too, is left out. */
void unit_read(struct unit *unit);

/* unit_memory - what it holds, bytes. */
size_t unit_memory(const struct unit *unit);

/* unit_find_function - the innermost piece of a function that holds `addr`, or
 * NULL. */
const struct unit_function *unit_find_function(const struct unit *unit,
                                               uint64_t addr);

/* unit_find_row - the line of the instruction at `addr`, or NULL. */
const struct unit_row *unit_find_row(const struct unit *unit, uint64_t addr);

void unit_close(struct unit *unit);

#endif
