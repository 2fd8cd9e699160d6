/*
 * symbol/sections.h - the debug sections of one file, expanded.
 *
 * Not locked: symbol's lock is held by the callers.
 */
#ifndef SYMBOL_SECTIONS_H
#define SYMBOL_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "dwarf/dwarf.h"
#include "elf/elf.h"

#define SECTIONS_MAX 12

struct sections {
    struct form_sections form;
    struct cursor_bytes cu_index; /* of a package (.dwp) */
    const char *lack;             /* what could not be read, or NULL */
    struct {
        void *bytes;              /* a section of ours, expanded */
        size_t size;
    } owned[SECTIONS_MAX];
    unsigned owned_count;
};

/*
 * sections_load - find the debug sections of `image`, expanding compressed ones
 * (zlib, in both of its forms) into memory of our own.
 *
 * is_dwo: take those of split DWARF (.debug_info.dwo) instead.
 * Returns 0, or -ENOENT if there is no .debug_info that can be read;
 * out->lack then says why, where there is one. out->form lies in the image, and
 * *out must not be moved while others point to out->form.
 */
int MUST_CHECK sections_load(const struct image *image, bool is_dwo,
                             struct sections *out);

/* sections_unload - give back what was expanded. */
void sections_unload(struct sections *sections);

#endif
