/*
 * symbol/split.h - the part of a unit that split DWARF keeps in another file.
 *
 * Not locked: symbol's lock is held by the callers.
 * Source: DWARF 5, sec. 3.1.2 and appendix F; gcc wiki, DebugFission.
 */
#ifndef SYMBOL_SPLIT_H
#define SYMBOL_SPLIT_H

#include <stdbool.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"
#include "elf/elf.h"
#include "meta/region.h"
#include "symbol/sections.h"

/* A .dwo file or .dwp package that is open. */
struct split_file {
    struct split_file *next;
    struct debugfile file;
    struct sections sections;
};

/* The files of one module. */
struct split_set {
    struct split_file *files;
    struct split_file *package;
    bool is_package_tried;
};

/*
 * split_open - find the part of the skeleton `unit`.
 *
 * path: of the module.   directory: of the compilation, or NULL.   name: of the
 * .dwo file as the skeleton says it.
 * region: holds what stays open, and the sections that *out_unit points to.
 * Returns 0; -ENOENT if the file is not there or is of another build; -ENOMEM.
 */
int MUST_CHECK split_open(struct split_set *set, struct region *region,
                          const struct info_unit *unit, const char *path,
                          const char *directory, const char *name,
                          struct info_unit *out_unit);

void split_close(struct split_set *set);

#endif
