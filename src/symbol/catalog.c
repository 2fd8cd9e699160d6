/*
 * symbol/catalog.c - the units of one file's debug information.
 *
 * Units are found by walking from header to header. Those of .debug_info that
 * others refer to (of dwz, of link-time optimisation) stand before the ones
 * that do, as a rule, so the walk goes no further than it must.
 */
#include "symbol/catalog.h"

#include <errno.h>
#include <string.h>

/* More than any header of a unit or a line program has before its rest. */
#define CATALOG_LENGTH_SIZE 12

/* What is expanded at first for a table of abbreviations. */
#define CATALOG_ABBREV_STEP 4096

int
catalog_open(const struct image *image, struct catalog *out)
{
    memset(out, 0, sizeof *out);
    out->heads.item_size = sizeof(uint64_t);
    return sections_load(image, false, &out->sections);
}

/* Let all of what begins at `offset` of a section, with its length, be there.
 * Where it cannot, the decoder will say so. */
static void
expand_whole(struct catalog *catalog, enum sections_id id,
             const struct cursor_bytes *bytes, uint64_t offset)
{
    struct cursor c;
    uint64_t length;
    bool is_64;

    if (sections_has_all(&catalog->sections, id))
        return;
    /* The last one may be shorter than that. */
    (void)sections_expand(&catalog->sections, id, offset + CATALOG_LENGTH_SIZE);
    c = cursor_at(*bytes, offset);
    length = cursor_length(&c, &is_64);
    if (c.failed || length > UINT64_MAX - cursor_offset(&c))
        return;
    (void)sections_expand(&catalog->sections, id, cursor_offset(&c) + length);
}

static void
expand_abbrevs(struct catalog *catalog, uint64_t offset)
{
    struct sections *sections = &catalog->sections;
    uint64_t step = CATALOG_ABBREV_STEP;

    while (!sections_has_all(sections, SECTIONS_ABBREV) &&
           !info_abbrevs_is_whole(&sections->form, offset)) {
        (void)sections_expand(sections, SECTIONS_ABBREV, offset + step);
        step *= 2;
        if (step > SECTIONS_MEMORY_MAX)
            break;
    }
}

/* Small beside the others, and read here and there. */
static void
expand_small(struct catalog *catalog)
{
    static const enum sections_id small[] = {
        SECTIONS_ADDR, SECTIONS_STR_OFFSETS, SECTIONS_RANGES,
        SECTIONS_RNGLISTS};

    for (size_t i = 0; i < ARRAY_COUNT(small); i++)
        (void)sections_expand(&catalog->sections, small[i], SECTIONS_ALL);
}

void
catalog_texts(struct catalog *catalog)
{
    (void)sections_expand(&catalog->sections, SECTIONS_STR, SECTIONS_ALL);
    (void)sections_expand(&catalog->sections, SECTIONS_LINE_STR, SECTIONS_ALL);
}

static int
open_header(struct catalog *catalog, uint64_t offset,
            struct info_unit *out_unit)
{
    expand_whole(catalog, SECTIONS_INFO, &catalog->sections.form.info, offset);
    return info_unit_open(&catalog->sections.form, offset, out_unit);
}

int
catalog_unit(struct catalog *catalog, uint64_t offset,
             struct info_unit *out_unit, struct info_entry *out_root)
{
    int error = open_header(catalog, offset, out_unit);

    if (error != 0)
        return error;
    expand_abbrevs(catalog, out_unit->abbrev_offset);
    expand_small(catalog);
    return info_unit_root(out_unit, out_root);
}

/* List the units up to the one that holds `offset`. */
static void
list_upto(struct catalog *catalog, uint64_t offset)
{
    struct info_unit unit;
    int error;

    while (catalog->listed <= offset &&
           ((error = open_header(catalog, catalog->listed, &unit)) == 0 ||
            error == -ENOTSUP)) {
        uint64_t *head = vector_add(&catalog->heads);

        if (head == NULL)
            return;
        *head = catalog->listed;
        catalog->listed = unit.end;
    }
}

int
catalog_unit_around(struct catalog *catalog, uint64_t offset,
                    struct info_unit *out_unit)
{
    struct info_entry root;
    size_t low = 0;
    size_t high;
    int error;

    list_upto(catalog, offset);
    high = catalog->heads.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (VECTOR_AT(&catalog->heads, uint64_t, middle) <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return -ENOENT;
    error = catalog_unit(catalog, VECTOR_AT(&catalog->heads, uint64_t, low - 1),
                         out_unit, &root);
    return error == 0 && offset >= out_unit->end ? -ENOENT : error;
}

void
catalog_each(struct catalog *catalog,
             bool (*visit)(struct info_unit *unit,
                           const struct info_entry *root, void *context),
             void *context)
{
    struct info_unit unit;
    struct info_entry root;

    (void)sections_expand(&catalog->sections, SECTIONS_INFO, SECTIONS_ALL);
    (void)sections_expand(&catalog->sections, SECTIONS_ABBREV, SECTIONS_ALL);
    list_upto(catalog, UINT64_MAX);
    for (size_t i = 0; i < catalog->heads.count; i++) {
        if (catalog_unit(catalog, VECTOR_AT(&catalog->heads, uint64_t, i),
                         &unit, &root) == 0 &&
            !visit(&unit, &root, context))
            return;
    }
}

int
catalog_line(struct catalog *catalog, const struct form_unit *unit,
             uint64_t offset, struct line_program *out_program)
{
    expand_whole(catalog, SECTIONS_LINE, &catalog->sections.form.line, offset);
    catalog_texts(catalog);
    return line_open(unit, offset, out_program);
}

void
catalog_close(struct catalog *catalog)
{
    vector_fini(&catalog->heads);
    sections_unload(&catalog->sections);
}
