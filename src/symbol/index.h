/*
 * symbol/index.h - a module's debug information, by address.
 *
 * Which unit (a source file, as a rule) an address is in, the compiler may have
 * written down (.debug_aranges). Where it did not, or not for this address, the
 * first entry of every unit is read and the code they cover sorted, once. A
 * unit's functions and lines are read when an address of it is first looked up,
 * and may be thrown away again when too many are there. The chain of inlined
 * calls is not kept: it is read from the function's entries each time.
 *
 * Not locked: symbol's lock is held by the callers.
 */
#ifndef SYMBOL_INDEX_H
#define SYMBOL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "elf/elf.h"
#include "meta/region.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "symbol/catalog.h"
#include "symbol/split.h"
#include "symbol/unit.h"

/* A piece of code that a unit covers. */
struct index_range {
    uint64_t low;
    uint64_t high;
    uint64_t reach; /* the largest `high` of it and those before */
    uint64_t unit;  /* its offset in .debug_info */
};

struct index {
    const char *path; /* of the module: split DWARF lies beside it */
    struct catalog main;
    struct catalog alt; /* shared with other modules (dwz) */
    bool has_alt;
    bool is_listed;       /* ranges are those of all units */
    struct vector ranges; /* struct index_range, sorted by low */
    struct table units;   /* offset to struct unit: those looked into */
    struct unit *open;    /* they, ... */
    struct unit *closed;  /* ... and some whose memory can be used again */
    size_t memory;        /* what they hold, bytes */
    struct split_set split;
    struct region region;
    const char *lack; /* what could not be read, or NULL */
};

/* One function at an address. Texts live until index_close. */
struct index_frame {
    const char *function; /* as the linker knows it where that is said */
    bool is_linkage_name;
    uint64_t low;          /* start of the piece of code that holds it */
    struct line_file file; /* name NULL: not known */
    const char *directory; /* of the compilation, or NULL */
    uint32_t line;
    uint32_t column;
    bool is_inlined;
};

/*
 * index_open - prepare the debug information in `image` for look-ups.
 *
 * image: must live until index_close, like `alt` (the file of its
 * .gnu_debugaltlink, or NULL).   path: of the module.
 * Returns 0; -ENOENT if it has none that can be read (out->lack may say why).
 * *out must not be moved.
 */
int MUST_CHECK index_open(const struct image *image, const struct image *alt,
                          const char *path, struct index *out);

/*
 * index_find - the functions at `addr` (as linked), innermost first.
 *
 * max: room at `out_frames`, > 0.
 * Returns how many; 0 if nothing is known. A single frame without function may
 * come back where only the line is known.
 */
size_t index_find(struct index *index, uint64_t addr,
                  struct index_frame *out_frames, size_t max);

void index_close(struct index *index);

#endif
