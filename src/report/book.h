/*
 * report/book.h - the functions of many stacks, each named once.
 *
 * A report of text names a frame when it comes to it; a profile or a picture
 * needs numbers for functions, so here they are entered in a book. A spot (see
 * spots.h) stands for one line or, where calls were inlined, several, innermost
 * first.
 *
 * Texts live as long as the book. Thread: owner.   Signal: no.   Locks: none.
 */
#ifndef REPORT_BOOK_H
#define REPORT_BOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/region.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "model/trace.h"
#include "report/spots.h"

struct book_function {
    const char *name;   /* the function, or what stands for it: "libx.so+0x12",
                           "file.c:12", "0x401234" */
    const char *file;   /* or "" */
    const char *module; /* path, or "" */
    bool is_named;      /* name is a function's */
};

struct book_line {
    uint32_t function; /* index of functions */
    uint32_t line;     /* 0: not known */
};

struct book_spot {
    const char *module; /* or "" */
    uint64_t module_offset;
    uint32_t first; /* of its lines */
    uint32_t count; /* >= 1 */
};

struct book {
    struct vector functions; /* struct book_function */
    struct vector lines;     /* struct book_line */
    struct vector spots;     /* struct book_spot */
    struct spots places;     /* of the spots, by the same index */
    struct table texts;      /* hash -> text */
    struct table function_index;
    struct region region;
    bool failed; /* memory ran out */
};

void book_init(struct book *book);
void book_fini(struct book *book);

/* book_text - a copy of `text` that lives as long as the book, one for equal
 * ones; "" for NULL and where memory is out. */
const char *book_text(struct book *book, const char *text);

/*
 * book_spot - the index of the spot of entry `i` (under names_count) of
 * `trace`; 0 where memory is out (`failed` is set).
 *
 * Call it in a session (names_begin).
 */
uint32_t book_spot(struct book *book, const struct trace *trace, uint32_t i);

/* book_lines - the lines of `trace`, innermost first, appended to the vector
 * `out_lines` (struct book_line); false where memory is out. */
bool MUST_CHECK book_lines(struct book *book, const struct trace *trace,
                           struct vector *out_lines);

#endif
