/*
 * symbol/split.c - the part of a unit that split DWARF keeps in another file.
 *
 * It is looked for in the package beside the module, then in the .dwo file at
 * the place where the compiler wrote it, then beside the module. The id in both
 * halves tells whether they belong together.
 */
#include "symbol/split.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "meta/region.h"

static struct split_file *
open_file(struct split_set *set, struct region *region, const char *path)
{
    struct debugfile opened;
    struct split_file *file;

    for (file = set->files; file != NULL; file = file->next) {
        if (text_is_equal(file->file.path, path))
            return file;
    }
    if (debugfile_open(path, &opened) != 0)
        return NULL;
    file = region_take(region, sizeof *file, _Alignof(struct split_file));
    if (file == NULL) {
        debugfile_close(&opened);
        return NULL;
    }
    file->file = opened;
    if (sections_load(&file->file.image, true, &file->sections) != 0) {
        debugfile_close(&file->file);
        return NULL;
    }
    /* Its sections are copied, and the copies would not grow. */
    for (unsigned i = 0; i < SECTIONS__COUNT; i++)
        (void)sections_expand(&file->sections, (enum sections_id)i,
                              SECTIONS_ALL);
    file->next = set->files;
    set->files = file;
    return file;
}

/* The bases that DWARF 5 leaves out in a split unit: behind the headers of its
 * two sections. DWARF 4 has no headers there. */
static void
set_bases(struct info_unit *unit, const struct info_unit *skeleton)
{
    unit->form.addr_base = skeleton->form.addr_base;
    unit->low_pc = skeleton->low_pc;
    if (unit->form.version < 5) {
        unit->ranges_base = skeleton->ranges_base;
        return;
    }
    if (unit->form.str_offsets_base == 0)
        unit->form.str_offsets_base = unit->form.is_64 ? 16 : 8;
    if (unit->rnglists_base == 0)
        unit->rnglists_base = unit->form.is_64 ? 20 : 12;
}

/* The unit with the skeleton's id among those of `sections`. */
static int
find_unit(const struct form_sections *sections,
          const struct info_unit *skeleton, struct info_unit *out_unit)
{
    uint64_t offset = 0;
    struct info_unit unit;
    struct info_entry root;
    int error;

    while ((error = info_unit_open(sections, offset, &unit)) != -ENOENT) {
        if (error == -EINVAL)
            return -ENOENT;
        offset = unit.end;
        if (error != 0 || info_unit_root(&unit, &root) != 0 ||
            !unit.has_dwo_id || unit.dwo_id != skeleton->dwo_id)
            continue;
        set_bases(&unit, skeleton);
        *out_unit = unit;
        return 0;
    }
    return -ENOENT;
}

/* Its sections, with those that stay in the module. */
static int
open_in(const struct form_sections *whole, struct region *region,
        const struct info_unit *skeleton, struct info_unit *out_unit)
{
    struct form_sections *sections =
        region_take(region, sizeof *sections, _Alignof(struct form_sections));

    if (sections == NULL)
        return -ENOMEM;
    *sections = *whole;
    sections->addr = skeleton->form.sections->addr;
    sections->ranges = skeleton->form.sections->ranges;
    sections->line = skeleton->form.sections->line;
    sections->line_str = skeleton->form.sections->line_str;
    return find_unit(sections, skeleton, out_unit);
}

static int
open_in_package(struct split_set *set, struct region *region,
                const struct info_unit *skeleton, const char *path,
                struct info_unit *out_unit)
{
    char name[DEBUGFILE_PATH_MAX];
    struct form_sections part;

    if (!set->is_package_tried) {
        set->is_package_tried = true;
        if (format_text(name, sizeof name, "%s.dwp", path) < sizeof name)
            set->package = open_file(set, region, name);
    }
    if (set->package == NULL || package_find(set->package->sections.cu_index,
                                             &set->package->sections.form,
                                             skeleton->dwo_id, &part) != 0)
        return -ENOENT;
    return open_in(&part, region, skeleton, out_unit);
}

static int
open_in_file(struct split_set *set, struct region *region,
             const struct info_unit *skeleton, const char *path,
             struct info_unit *out_unit)
{
    struct split_file *file = open_file(set, region, path);

    if (file == NULL)
        return -ENOENT;
    return open_in(&file->sections.form, region, skeleton, out_unit);
}

int
split_open(struct split_set *set, struct region *region,
           const struct info_unit *unit, const char *path,
           const char *directory, const char *name, struct info_unit *out_unit)
{
    char tried[DEBUGFILE_PATH_MAX];
    int beside = (int)(text_base_name(path) - path);
    int error = open_in_package(set, region, unit, path, out_unit);

    if (error != -ENOENT)
        return error;
    if (name[0] == '/' || directory == NULL)
        (void)text_copy(tried, sizeof tried, name);
    else
        (void)format_text(tried, sizeof tried, "%s/%s", directory, name);
    error = open_in_file(set, region, unit, tried, out_unit);
    if (error != -ENOENT)
        return error;
    (void)format_text(tried, sizeof tried, "%.*s%s", beside, path,
                      text_base_name(name));
    return open_in_file(set, region, unit, tried, out_unit);
}

void
split_close(struct split_set *set)
{
    for (struct split_file *f = set->files; f != NULL; f = f->next) {
        sections_unload(&f->sections);
        debugfile_close(&f->file);
    }
    memset(set, 0, sizeof *set);
}
