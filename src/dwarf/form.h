/*
 * dwarf/form.h - the values of attributes: how they are written and read.
 *
 * A value is read past in one step, and turned into a text, an address or a
 * number only if somebody wants it.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing.
 * Source: DWARF 5, sec. 7.5.4 to 7.5.6; the GNU forms for split DWARF
 * (gcc wiki, DebugFission) and for dwz.
 */
#ifndef DWARF_FORM_H
#define DWARF_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/cursor.h"

/* The sections that one file (or one part of a package) has; any may be
 * empty. `alt` is the file shared with others (dwz), or NULL. */
struct form_sections {
    struct cursor_bytes info;
    struct cursor_bytes abbrev;
    struct cursor_bytes line;
    struct cursor_bytes str;
    struct cursor_bytes line_str;
    struct cursor_bytes addr;
    struct cursor_bytes str_offsets;
    struct cursor_bytes ranges;
    struct cursor_bytes rnglists;
    const struct form_sections *alt;
};

/* What reading a form depends on: filled in from a unit's header and, for the
 * bases, its first entry. */
struct form_unit {
    const struct form_sections *sections;
    uint16_t version;          /* 2..5 */
    uint8_t address_size;      /* bytes: 4 or 8 */
    bool is_64;                /* the 64-bit format */
    uint64_t str_offsets_base;
    uint64_t addr_base;
};

struct form_value {
    uint16_t form;             /* DW_FORM_*; 0 = absent */
    uint64_t number;           /* constant, offset, index; blocks: size */
    const unsigned char *bytes; /* blocks and inline texts */
};

/* DW_FORM_* that others need by name. */
enum {
    FORM_ADDR = 0x01,
    FORM_STRING = 0x08,
    FORM_REF_ADDR = 0x10,
    FORM_INDIRECT = 0x16,
    FORM_SEC_OFFSET = 0x17,
    FORM_IMPLICIT_CONST = 0x21,
    FORM_RNGLISTX = 0x23
};

/*
 * form_read - read a value of `form` at the cursor.
 *
 * implicit: the value of DW_FORM_implicit_const, from the abbreviation.
 * Sets c->failed for unknown forms, as their size is not known.
 */
void form_read(struct cursor *c, uint64_t form, int64_t implicit,
               const struct form_unit *unit, struct form_value *out_value);

/* form_text - the text, or NULL if it is none or lies outside. */
const char *form_text(const struct form_value *value,
                      const struct form_unit *unit);

/* form_address - the address; false if it is none. */
bool form_address(const struct form_value *value, const struct form_unit *unit,
                  uint64_t *out_addr);

/* form_number - the constant, offset or flag; false if it is none. */
bool form_number(const struct form_value *value, uint64_t *out_number);

/*
 * form_reference - the entry that is referred to, as an offset in .debug_info.
 *
 * unit_offset: of the unit in .debug_info.
 * *out_is_alt: it lies in the alternate file.
 * Returns false if it is no such reference.
 */
bool form_reference(const struct form_value *value, uint64_t unit_offset,
                    uint64_t *out_offset, bool *out_is_alt);

#endif
