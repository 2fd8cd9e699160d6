/*
 * dwarf/line.h - line programs: which line each instruction comes from.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing.
 * Source: DWARF 5, sec. 6.2; DWARF 2 to 4, the same section.
 */
#ifndef DWARF_LINE_H
#define DWARF_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/cursor.h"
#include "dwarf/form.h"

/* A program whose header was read. */
struct line_program {
    struct form_unit form;
    struct cursor_bytes code;       /* the program itself */
    struct cursor_bytes tables;     /* directories and files */
    uint64_t end;                   /* one past it in .debug_line */
    const unsigned char *lengths;   /* operands of the standard opcodes */
    uint8_t opcode_base;            /* 1 or more */
    uint8_t min_length;             /* of an instruction, bytes */
    uint8_t max_ops;                /* per instruction; 1 or more */
    int8_t line_base;
    uint8_t line_range;             /* 1 or more */
    bool default_is_stmt;
};

/* One row of the table that the program makes. */
struct line_row {
    uint64_t addr;
    uint32_t file;
    uint32_t line;
    uint32_t column;
    bool is_end;      /* one past the last instruction of a sequence */
};

/* A file, in the words of the compiler. */
struct line_file {
    const char *name;
    const char *directory; /* NULL: that of the compilation; may be relative
                              to it */
};

/*
 * line_open - read the header of the program at `offset` of .debug_line.
 *
 * unit: gives sections, address size (before DWARF 5) and the base of indexed
 * strings; must live as long as the program.
 * Returns 0, -EINVAL, or -ENOTSUP for an unknown version.
 */
int MUST_CHECK line_open(const struct form_unit *unit, uint64_t offset,
                         struct line_program *out_program);

/*
 * line_each - run the program; call `visit` for each row until it returns
 * false.
 *
 * Rows of a sequence come in the order of addresses; sequences in any.
 * Returns 0, or -EINVAL where the program is malformed; the rows before are
 * good.
 */
int MUST_CHECK line_each(const struct line_program *program,
                         bool (*visit)(const struct line_row *row,
                                       void *context),
                         void *context);

/* line_find_file - the file that rows call `number`. Returns 0 or -ENOENT.
 * Cost: O(number). */
int MUST_CHECK line_find_file(const struct line_program *program,
                              uint64_t number, struct line_file *out_file);

#endif
