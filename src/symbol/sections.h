/*
 * symbol/sections.h - the debug sections of one file.
 *
 * Most lie in the file as they are. Compressed ones are expanded from their
 * start, as far as somebody asks and no further, into memory of our own; the
 * decoders see what is there and take its end for the section's end. So who
 * looks at such a section says before how much of it he needs.
 *
 * Not locked: symbol's lock is held by the callers.
 */
#ifndef SYMBOL_SECTIONS_H
#define SYMBOL_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"
#include "elf/elf.h"

enum sections_id {
    SECTIONS_INFO,
    SECTIONS_ABBREV,
    SECTIONS_LINE,
    SECTIONS_STR,
    SECTIONS_LINE_STR,
    SECTIONS_ADDR,
    SECTIONS_STR_OFFSETS,
    SECTIONS_RANGES,
    SECTIONS_RNGLISTS,
    SECTIONS_ARANGES,
    SECTIONS_CU_INDEX,
    SECTIONS__COUNT
};

/* As `upto`: the whole section. */
#define SECTIONS_ALL UINT64_MAX

/* What the expanded sections of one file may take in all, bytes; one that
 * would take more is not read. */
#define SECTIONS_MEMORY_MAX ((uint64_t)2 << 30)

/* A compressed section. */
struct sections_part {
    const unsigned char *source; /* NULL: it is not compressed, or not there */
    size_t source_size;
    void *target;           /* NULL until some of it is expanded */
    size_t size;            /* expanded */
    struct inflate *stream; /* NULL before, and when all is there */
};

struct sections {
    struct form_sections form;
    struct cursor_bytes aranges;
    struct cursor_bytes cu_index; /* of a package (.dwp) */
    const char *lack;             /* what could not be read, or NULL */
    uint64_t memory;              /* bytes mapped for targets */
    struct sections_part parts[SECTIONS__COUNT];
};

/*
 * sections_load - find the debug sections of `image`, in both forms of
 * compression by zlib too.
 *
 * is_dwo: take those of split DWARF (.debug_info.dwo) instead.
 * Returns 0, or -ENOENT if there is no .debug_info that can be read;
 * out->lack then says why, where there is one. out->form lies in the image, and
 * *out must not be moved while others point to out->form.
 */
int MUST_CHECK sections_load(const struct image *image, bool is_dwo,
                             struct sections *out);

/*
 * sections_expand - let the first `upto` bytes of a section be there.
 *
 * Returns false if they cannot: it ends before, is damaged, or memory is out.
 * Cost: none where they are there.
 */
bool sections_expand(struct sections *sections, enum sections_id id,
                     uint64_t upto);

/* sections_has_all - true if nothing of it is left to expand. */
bool sections_has_all(const struct sections *sections, enum sections_id id);

/* sections_unload - give back what was expanded. */
void sections_unload(struct sections *sections);

#endif
