/*
 * dwarf/info.h - units and entries of .debug_info.
 *
 * A unit is opened at its offset, its entries are read one after another in
 * the order in which they stand; a null entry ends the children of one. Of each
 * entry the attributes that name code and its place are kept, the others are
 * read past.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing.
 * Source: DWARF 5, sec. 7.5; DWARF 2 to 4, the same sections.
 */
#ifndef DWARF_INFO_H
#define DWARF_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/cursor.h"
#include "dwarf/form.h"

/* The kinds of entries that matter here (DW_TAG_*). */
enum {
    INFO_TAG_LEXICAL_BLOCK = 0x0b,
    INFO_TAG_COMPILE_UNIT = 0x11,
    INFO_TAG_INLINED = 0x1d,
    INFO_TAG_SUBPROGRAM = 0x2e,
    INFO_TAG_NAMESPACE = 0x39,
    INFO_TAG_PARTIAL_UNIT = 0x3c,
    INFO_TAG_SKELETON_UNIT = 0x4a
};

/* The attributes kept. */
enum info_attr {
    INFO_SIBLING,
    INFO_NAME,
    INFO_LINKAGE_NAME,
    INFO_STMT_LIST,
    INFO_LOW_PC,
    INFO_HIGH_PC,
    INFO_RANGES,
    INFO_ORIGIN,          /* DW_AT_abstract_origin */
    INFO_SPECIFICATION,
    INFO_COMP_DIR,
    INFO_CALL_FILE,
    INFO_CALL_LINE,
    INFO_CALL_COLUMN,
    INFO_LANGUAGE,
    INFO_STR_OFFSETS_BASE,
    INFO_ADDR_BASE,       /* DWARF 5's or GNU's */
    INFO_RNGLISTS_BASE,
    INFO_GNU_RANGES_BASE,
    INFO_DWO_NAME,
    INFO_DWO_ID,
    INFO_ATTR__COUNT
};

/* Where each abbreviation of a table begins, by its code, to be found without
 * reading the table; memory of the caller's. 0 = not known. */
struct info_abbrevs {
    uint32_t *offsets;
    uint32_t count;       /* codes 0..count-1 */
};

struct info_unit {
    struct form_unit form;
    uint64_t offset;       /* of its header in .debug_info */
    uint64_t end;          /* one past its last byte */
    uint64_t first;        /* of its first entry */
    uint64_t abbrev_offset;
    uint8_t type;          /* DW_UT_*; 1 (compile) before DWARF 5 */
    bool has_dwo_id;
    uint64_t dwo_id;
    const struct info_abbrevs *abbrevs; /* or NULL */

    /* From its first entry, by info_unit_root. */
    uint64_t low_pc;       /* base of its range lists */
    uint64_t rnglists_base;
    uint64_t ranges_base;  /* added to DW_AT_ranges of split DWARF 4 */
};

struct info_entry {
    uint64_t offset;       /* in .debug_info */
    uint32_t tag;          /* 0: the null entry */
    bool has_children;
    uint32_t present;      /* bit i: attrs[i] was there, else undefined */
    struct form_value attrs[INFO_ATTR__COUNT];
};

_Static_assert(INFO_ATTR__COUNT <= 32, "a bit each in present");

/* info_has - true if the entry has attribute `a`. */
static inline bool
info_has(const struct info_entry *entry, enum info_attr a)
{
    return (entry->present >> a & 1) != 0;
}

/*
 * info_unit_open - read the header of the unit at `offset` of .debug_info.
 *
 * sections: must live as long as the unit.
 * Returns 0; -ENOENT at the end of the section; -EINVAL if it is malformed,
 * -ENOTSUP for a version that is not known, with *out_unit's `end` set.
 */
int MUST_CHECK info_unit_open(const struct form_sections *sections,
                              uint64_t offset, struct info_unit *out_unit);

/*
 * info_unit_root - read the unit's first entry, and note the bases that the
 * others depend on.
 *
 * Call it once before other entries are read. Returns 0 or -EINVAL.
 */
int MUST_CHECK info_unit_root(struct info_unit *unit,
                              struct info_entry *out_root);

/* info_cursor - a cursor at entry `offset` of the unit; failed if outside. */
struct cursor info_cursor(const struct info_unit *unit, uint64_t offset);

/*
 * info_read - read the entry at the cursor, which moves behind it.
 *
 * Returns 0 (out_entry->tag is 0 for a null entry), or -EINVAL.
 */
int MUST_CHECK info_read(const struct info_unit *unit, struct cursor *c,
                         struct info_entry *out_entry);

/*
 * info_skip_children - move behind the children of the entry just read, and the
 * null entry that ends them.
 *
 * Returns 0, or -EINVAL.
 */
int MUST_CHECK info_skip_children(const struct info_unit *unit,
                                  struct cursor *c,
                                  const struct info_entry *entry);

/* info_abbrevs_is_whole - true if the table of abbreviations at `offset` of
 * .debug_abbrev ends within it. */
bool info_abbrevs_is_whole(const struct form_sections *sections,
                           uint64_t offset);

/* info_abbrevs_measure - one more than the largest code of the unit's table
 * under `max`: the `count` for info_abbrevs_fill. */
uint32_t info_abbrevs_measure(const struct info_unit *unit, uint32_t max);

/* info_abbrevs_fill - note where each begins; table->offsets is zeroed memory
 * for table->count numbers. */
void info_abbrevs_fill(const struct info_unit *unit,
                       struct info_abbrevs *table);

/* info_low_high - the entry's one range, by low and high pc; false if it has
 * none. */
bool info_low_high(const struct info_unit *unit,
                   const struct info_entry *entry, uint64_t *out_low,
                   uint64_t *out_high);

#endif
