/*
 * symbol/catalog.h - the units of one file's debug information.
 *
 * Where its sections are compressed, a catalog sees to it that what is looked
 * at has been expanded before, and not much more than that: a unit (a source
 * file, as a rule) needs the sections as far as it reaches.
 *
 * Not locked: symbol's lock is held by the callers.
 */
#ifndef SYMBOL_CATALOG_H
#define SYMBOL_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"
#include "meta/vector.h"
#include "symbol/sections.h"

struct catalog {
    struct sections sections;
    struct vector heads; /* uint64_t: where units begin, in order */
    uint64_t listed;     /* all that begin before are in heads */
};

/* catalog_open - find the debug sections of `image`. Returns 0, or -ENOENT if
 * there are none that can be read (out->sections.lack may say why). *out must
 * not be moved. */
int MUST_CHECK catalog_open(const struct image *image, struct catalog *out);

/*
 * catalog_unit - open the unit at `offset` of .debug_info, and read its first
 * entry.
 *
 * Returns 0; -ENOENT at the end; -ENOTSUP for a version that is not known,
 * with out_unit->end set; -EINVAL.
 */
int MUST_CHECK catalog_unit(struct catalog *catalog, uint64_t offset,
                            struct info_unit *out_unit,
                            struct info_entry *out_root);

/* catalog_unit_around - catalog_unit of the one that holds the entry at
 * `offset`. */
int MUST_CHECK catalog_unit_around(struct catalog *catalog, uint64_t offset,
                                   struct info_unit *out_unit);

/*
 * catalog_each - call `visit` for every unit, with its first entry, until it
 * returns false.
 *
 * Cost: reads of all units; expands all of .debug_info.
 */
void catalog_each(struct catalog *catalog,
                  bool (*visit)(struct info_unit *unit,
                                const struct info_entry *root, void *context),
                  void *context);

/* catalog_texts - let the texts that entries refer to be there. */
void catalog_texts(struct catalog *catalog);

/* catalog_line - line_open of the program at `offset`, its bytes there. */
int MUST_CHECK catalog_line(struct catalog *catalog,
                            const struct form_unit *unit, uint64_t offset,
                            struct line_program *out_program);

void catalog_close(struct catalog *catalog);

#endif
