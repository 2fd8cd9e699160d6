/*
 * elf/dynamic.h - a loaded module's dynamic tables: what it imports, and where.
 *
 * The tables are copied out of the module by reads that cannot fault, so a
 * module that is closed meanwhile, or whose tables are nonsense, costs nothing
 * but its imports. Whatever the tables hold, nothing outside of the copies and
 * of the module's own segments is touched.
 *
 * All functions: Thread: any, one at a time per struct. Signal: yes.
 * Locks: none.
 * Source: System V ABI, chapter 5 (dynamic linking); GNU symbol versioning
 * (Drepper, ELF Symbol Versioning); the psABIs of the CPUs.
 */
#ifndef ELF_DYNAMIC_H
#define ELF_DYNAMIC_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "elf/modules.h"

/* A table of relocations in the module's memory. */
struct dynamic_relocs {
    uintptr_t addr;
    size_t size;       /* bytes */
    size_t entry_size; /* of Elf64_Rela or Elf64_Rel */
};

#define DYNAMIC_RELOCS_MAX 3

struct dynamic {
    uintptr_t base;
    const struct modules_segment *segments;
    size_t segment_count;
    const Elf64_Sym *symbols; /* a copy */
    size_t symbol_count;
    const char *strings; /* a copy; its last byte is 0 */
    size_t strings_size;
    const uint16_t *versions; /* a copy, one per symbol; NULL: none */
    uintptr_t needs;          /* DT_VERNEED in memory, or 0 */
    size_t need_count;
    struct dynamic_relocs relocs[DYNAMIC_RELOCS_MAX];
    void *copy; /* mapped; holds the copies */
    size_t copy_size;
};

/* One word of the module that the loader filled with a symbol's address. */
struct dynamic_import {
    uintptr_t slot;   /* aligned, in a writable segment */
    const char *name; /* of the symbol; lives as long as the copies */
    uint32_t symbol;  /* its number */
    bool is_lazy;     /* a jump slot: it may not be filled yet */
};

/*
 * dynamic_open - copy the tables of a module.
 *
 * base: load bias.   dynamic: address of its dynamic section.
 * segments: of the module; must live as long as the struct.
 * Returns 0; -ENOENT if it has no symbols; -EINVAL if the tables are nonsense
 * or gone; -ENOMEM. dynamic_close only after 0.
 */
int MUST_CHECK dynamic_open(uintptr_t base, uintptr_t dynamic,
                            const struct modules_segment *segments,
                            size_t segment_count, struct dynamic *out);

/* dynamic_open_module - the same of a module in the list. */
int MUST_CHECK dynamic_open_module(const struct module *module,
                                   struct dynamic *out);

/* dynamic_close - give the copies back. */
void dynamic_close(struct dynamic *dynamic);

/* dynamic_each_import - call `visit` for each slot that holds the address of a
 * named symbol and nothing added to it, until it returns false. */
void dynamic_each_import(const struct dynamic *dynamic,
                         bool (*visit)(const struct dynamic_import *, void *),
                         void *context);

/* dynamic_each_definition - call `visit` for each symbol that others may bind
 * to: its name and Elf64_Sym, until it returns false. */
void dynamic_each_definition(const struct dynamic *dynamic,
                             bool (*visit)(const char *name,
                                           const Elf64_Sym *symbol, void *),
                             void *context);

/* dynamic_version - the version that the import of `symbol` asks for, as
 * "GLIBC_2.2.5", in `buffer`; "" if it asks for none. */
void dynamic_version(const struct dynamic *dynamic, uint32_t symbol,
                     char *buffer, size_t size);

#endif
