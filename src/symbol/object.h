/*
 * symbol/object.h - what was read of one module's files.
 *
 * An object is opened when something in its module is first looked up, and
 * closed with all others. Not locked: symbol's lock is held by the callers.
 */
#ifndef SYMBOL_OBJECT_H
#define SYMBOL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "elf/elf.h"
#include "meta/region.h"
#include "model/module.h"
#include "os/file.h"
#include "symbol/index.h"

struct object {
    struct object *next;
    const struct module *module; /* the first that asked for it */
    struct file_map map;         /* the file; size 0 = none */
    struct image image;          /* of the file or, in the vDSO, of memory */
    bool has_image;
    struct debugfile *debug; /* its separate debug file, or NULL */
    struct debugfile *alt;   /* what that shares with others, or NULL */
    struct symtab symtab;    /* of the file */
    struct symtab better;    /* of the debug file, if `symtab` has exported
                                    functions only */
    bool is_better_tried;
    struct index index;
    bool has_index;
    bool is_index_tried;
    const char *lack; /* see symbol_lack; a constant, or NULL */
};

/*
 * object_find - the object of `module`, opened if it was not.
 *
 * is_listed: `module` is from elf's list of this process, so its file can be
 * told from one that replaced it, and its memory be read.
 * Returns NULL only where the kernel refuses memory.
 */
struct object *object_find(const struct module *module, bool is_listed);

/* object_lack - the `lack` of module's object, NULL if it was not opened. */
const char *object_lack(const struct module *module);

/* object_function - the function at `offset` by the symbol tables. Returns 0,
 * -ENOENT or -ENOMEM. */
int MUST_CHECK object_function(struct object *object, uint64_t offset,
                               struct symtab_entry *out_entry);

/* object_variable - the variable at `offset` by the symbol tables. Returns 0 or
 * -ENOENT. */
int MUST_CHECK object_variable(struct object *object, uint64_t offset,
                               struct symtab_entry *out_entry);

/* object_frames - the functions at `offset` by the debug information, innermost
 * first, as index_find gives them; 0 if there is none. */
size_t object_frames(struct object *object, uint64_t offset,
                     struct index_frame *out_frames, size_t max);

/* object_close_all - give back all files and memory. */
void object_close_all(void);

#endif
