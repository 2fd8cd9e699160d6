/*
 * elf/symtab.h - which function or variable an address lies in, by the symbol
 * table.
 *
 * A table is attached to the bytes of an ELF image and sorted into an index on
 * the first look-up: O(n) in time, 4 bytes per symbol and 4 per bucket in
 * memory of our own. Not locked: its owner is.
 */
#ifndef ELF_SYMTAB_H
#define ELF_SYMTAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "elf/image.h"

struct symtab {
    const unsigned char *symbols; /* Elf64_Sym, unaligned */
    uint32_t count;               /* 0: there is no table */
    const char *strings;
    size_t strings_size;
    const struct image *image;    /* says which sections hold code; or NULL */
    bool is_dynamic;              /* .dynsym: exported functions only */

    /* The index, made by the first look-up. Invariant: order[] holds the
     * numbers of the function symbols, those of bucket b at [start[b],
     * start[b + 1]); bucket b holds addresses low + [b << shift,
     * (b + 1) << shift). */
    bool is_indexed;
    uint32_t *order;
    uint32_t *start;
    uint32_t order_count;
    uint32_t bucket_count;
    unsigned shift;
    uint64_t low;
    size_t order_size;            /* bytes mapped for order and start */
};

/* A function found. */
struct symtab_entry {
    const char *name;    /* terminated; lives as long as the image */
    uint64_t addr;       /* as linked */
    uint64_t size;       /* bytes; 0 = unknown */
};

/*
 * symtab_open - find the symbol table of `image`: .symtab, else .dynsym.
 *
 * image: must live as long as the table.
 * Returns 0, or -ENOENT if the file has none; *out_table is then empty and
 * every look-up in it says "not found".
 */
int symtab_open(const struct image *image, struct symtab *out_table);

/*
 * symtab_open_dynamic - the dynamic symbols of a loaded module, from memory.
 *
 * base: load bias.   dynamic: its _DYNAMIC, in memory.
 * Everything is trusted as far as the loader trusts it: only for modules that
 * are loaded and stay so while the table is in use.
 */
int symtab_open_dynamic(uintptr_t base, const void *dynamic,
                        struct symtab *out_table);

/*
 * symtab_find - the function that holds `addr` (as linked).
 *
 * Of several names for one place, global ones go before local ones before weak
 * ones, sized before unsized, then the one with fewer leading underscores, then
 * the shorter. A symbol without a size reaches to the next one.
 * Returns 0; -ENOENT if no function is known to hold it; -ENOMEM.
 * Cost: O(1) on average; the first call O(n).
 */
int MUST_CHECK symtab_find(struct symtab *table, uint64_t addr,
                           struct symtab_entry *out_entry);

/* symtab_find_variable - the object of known size that holds `addr` (as
 * linked); of several names the one that symtab_find would take; linear.
 * Returns 0 or -ENOENT. */
int MUST_CHECK symtab_find_variable(const struct symtab *table, uint64_t addr,
                                    struct symtab_entry *out_entry);

/* symtab_find_name - the defined symbol named `name`, of any type; linear.
 * Returns 0 or -ENOENT. */
int MUST_CHECK symtab_find_name(const struct symtab *table, const char *name,
                                struct symtab_entry *out_entry);

/* symtab_close - give back the index; the table is then empty. */
void symtab_close(struct symtab *table);

#endif
