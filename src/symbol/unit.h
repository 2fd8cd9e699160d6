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
#include "meta/region.h"
#include "meta/vector.h"

/* A piece of code of one function. */
struct unit_function {
    uint64_t low;
    uint64_t high;
    uint64_t reach;   /* the largest `high` of this one and those before */
    uint64_t entry;   /* offset of the function's entry in .debug_info */
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
    uint32_t first;   /* in rows */
    uint32_t count;
};

struct unit {
    struct info_unit info;       /* where the functions are: in the module, or
                                    in a file of split DWARF */
    struct form_unit line_form;  /* where the lines are: in the module */
    uint64_t line_offset;
    bool has_lines;
    const char *directory;       /* of the compilation, or NULL */
    struct info_abbrevs abbrevs;
    bool is_read;                /* functions and rows are filled in */
    struct line_program program;
    bool has_program;
    struct vector functions;     /* struct unit_function, sorted by low */
    struct vector rows;          /* struct unit_row */
    struct vector sequences;     /* struct unit_sequence, sorted by low */
};

/* unit_read - read the functions and lines of the unit, once. What cannot be
 * read, for want of memory too, is left out. `region` holds what it keeps. */
void unit_read(struct unit *unit, struct region *region);

/* unit_find_function - the innermost piece of a function that holds `addr`, or
 * NULL. */
const struct unit_function *unit_find_function(const struct unit *unit,
                                               uint64_t addr);

/* unit_find_row - the line of the instruction at `addr`, or NULL. */
const struct unit_row *unit_find_row(const struct unit *unit, uint64_t addr);

void unit_close(struct unit *unit);

#endif
