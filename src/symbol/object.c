/*
 * symbol/object.c - what was read of one module's files.
 *
 * The file on disk may not be the one in memory any more: a package was
 * upgraded, a program built anew while it runs. Its build-id tells, or without
 * one its inode, size and time; names from a wrong file would be wrong names,
 * so such a file is not used at all.
 */
#include "symbol/object.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

/* Guarded by symbol's lock. */
static struct object *objects;
static struct region region = REGION_INIT;

static bool
is_same_build(const struct image *image, const struct module *module)
{
    const unsigned char *id;
    size_t size;

    if (image_build_id(image, &id, &size) != 0)
        return module->build_id_size == 0;
    return size >= module->build_id_size &&
           memcmp(id, module->build_id, module->build_id_size) == 0;
}

/* Map and verify one file. Returns NULL, or what is wrong with it. */
static const char *
open_file(struct object *object, const char *path, bool is_listed)
{
    const struct module *module = object->module;
    struct file_identity identity;
    struct file_map map;
    struct image image;

    if (file_map(path, &map) != 0)
        return "file not found";
    if (image_open(map.bytes, map.size, &image) != 0) {
        file_unmap(&map);
        return "file is damaged";
    }
    if (!is_same_build(&image, module) ||
        (module->build_id_size == 0 && is_listed &&
         (file_identify_path(path, &identity) != 0 ||
          !modules_is_file(module, &identity)))) {
        file_unmap(&map);
        return "file was replaced";
    }
    object->map = map;
    object->image = image;
    object->has_image = true;
    return NULL;
}

/* What can be read without a file: the vDSO is a whole file in memory; the main
 * program, which is never unloaded, has its dynamic symbols there. */
static void
open_memory(struct object *object)
{
    const struct module *module = object->module;

    if (text_is_equal(module->path, "[vdso]")) {
        size_t size = module->end - module->start;

        /* The headers of its sections lie behind what it loads, in its last
         * page. */
        size = (size + 4095) & ~(size_t)4095;
        object->has_image =
            image_open((const void *)module->start, size, &object->image) == 0;
        if (object->has_image &&
            symtab_open(&object->image, &object->symtab) == 0)
            object->lack = NULL;
    } else if (module->is_main && modules_dynamic(module) != NULL) {
        (void)symtab_open_dynamic(module->base, modules_dynamic(module),
                                  &object->symtab);
    }
}

static bool
has_section(const struct image *image, const char *name)
{
    struct image_section section;

    return image_find_section(image, name, &section) == 0 &&
           section.bytes != NULL;
}

static bool
has_debug_info(const struct image *image)
{
    return has_section(image, ".debug_info") ||
           has_section(image, ".zdebug_info");
}

/* Find the debug file, if the file itself lacks anything that it may have. */
static void
open_debug_file(struct object *object)
{
    struct debugfile *file;

    if (object->debug != NULL || has_debug_info(&object->image))
        return;
    file = region_take(&region, sizeof *file, _Alignof(struct debugfile));
    if (file != NULL &&
        debugfile_find(&object->image, object->module->path, file) == 0)
        object->debug = file;
}

/* The table of all functions, where the file has exported ones only. */
static void
open_better(struct object *object)
{
    object->is_better_tried = true;
    open_debug_file(object);
    if (object->debug != NULL &&
        symtab_open(&object->debug->image, &object->better) == 0 &&
        !object->better.is_dynamic)
        return;
    symtab_close(&object->better);
    if (has_section(&object->image, ".gnu_debugdata"))
        object->lack = "only exported functions are known: its other symbols "
                       "are compressed by xz";
    else if (object->symtab.count == 0)
        object->lack = "has no symbols";
}

static void
open_object(struct object *object, bool is_listed)
{
    const struct module *module = object->module;

    if (module->path[0] == '/')
        object->lack = open_file(object, module->path, is_listed);
    else
        object->lack = "has no file";
    if (object->lack != NULL && module->is_main && is_listed &&
        open_file(object, "/proc/self/exe", is_listed) == NULL)
        object->lack = NULL;
    if (!object->has_image) {
        if (is_listed)
            open_memory(object);
        return;
    }
    /* Without any, the debug file may have some. */
    (void)!symtab_open(&object->image, &object->symtab);
}

/* The same file serves several modules: one that was loaded at two places. */
static bool
is_object_of(const struct object *object, const struct module *module)
{
    return object->module == module ||
           (module->build_id_size != 0 &&
            object->module->build_id_size == module->build_id_size &&
            memcmp(object->module->build_id, module->build_id,
                   module->build_id_size) == 0 &&
            text_is_equal(object->module->path, module->path));
}

static struct object *
find_open(const struct module *module)
{
    for (struct object *o = objects; o != NULL; o = o->next) {
        if (is_object_of(o, module))
            return o;
    }
    return NULL;
}

struct object *
object_find(const struct module *module, bool is_listed)
{
    struct object *object = find_open(module);

    if (object != NULL)
        return object;
    object = region_take(&region, sizeof *object, _Alignof(struct object));
    if (object == NULL)
        return NULL;
    object->module = module;
    open_object(object, is_listed);
    object->next = objects;
    objects = object;
    return object;
}

const char *
object_lack(const struct module *module)
{
    const struct object *object = find_open(module);

    return object != NULL ? object->lack : NULL;
}

int
object_function(struct object *object, uint64_t offset,
                struct symtab_entry *out_entry)
{
    struct symtab_entry entry;
    int error = symtab_find(&object->symtab, offset, &entry);

    /* Whose extent is known is the right one, whatever others say. */
    if ((error == 0 && entry.size != 0) || !object->has_image ||
        (object->symtab.count != 0 && !object->symtab.is_dynamic)) {
        if (error == 0)
            *out_entry = entry;
        return error;
    }
    if (!object->is_better_tried)
        open_better(object);
    if (symtab_find(&object->better, offset, out_entry) == 0)
        return 0;
    if (error == 0)
        *out_entry = entry;
    return error;
}

int
object_variable(struct object *object, uint64_t offset,
                struct symtab_entry *out_entry)
{
    if (symtab_find_variable(&object->symtab, offset, out_entry) == 0)
        return 0;
    if (!object->has_image ||
        (object->symtab.count != 0 && !object->symtab.is_dynamic))
        return -ENOENT;
    if (!object->is_better_tried)
        open_better(object);
    return symtab_find_variable(&object->better, offset, out_entry);
}

/* Open the debug information, once. */
static void
open_index(struct object *object)
{
    const struct image *image = &object->image;
    const char *path = object->module->path;

    object->is_index_tried = true;
    if (!object->has_image)
        return;
    open_debug_file(object);
    if (!has_debug_info(image)) {
        if (object->debug == NULL)
            return;
        image = &object->debug->image;
        path = object->debug->path;
    }
    if (has_section(image, ".gnu_debugaltlink")) {
        struct debugfile *alt =
            region_take(&region, sizeof *alt, _Alignof(struct debugfile));

        if (alt != NULL && debugfile_find_alt(image, path, alt) == 0)
            object->alt = alt;
        else
            object->lack = "part of its debug information (dwz) not found";
    }
    object->has_index =
        index_open(image, object->alt != NULL ? &object->alt->image : NULL,
                   object->module->path, &object->index) == 0;
    if (object->index.lack != NULL)
        object->lack = object->index.lack;
}

size_t
object_frames(struct object *object, uint64_t offset,
              struct index_frame *out_frames, size_t max)
{
    size_t count;

    if (!object->is_index_tried)
        open_index(object);
    if (!object->has_index) {
        if (object->lack == NULL)
            object->lack = "has no debug information";
        return 0;
    }
    count = index_find(&object->index, offset, out_frames, max);
    if (object->index.lack != NULL)
        object->lack = object->index.lack;
    return count;
}

void
object_close_all(void)
{
    for (struct object *o = objects; o != NULL; o = o->next) {
        symtab_close(&o->symtab);
        symtab_close(&o->better);
        if (o->has_index)
            index_close(&o->index);
        if (o->debug != NULL)
            debugfile_close(o->debug);
        if (o->alt != NULL)
            debugfile_close(o->alt);
        if (o->map.size != 0)
            file_unmap(&o->map);
    }
    objects = NULL;
    region_fini(&region);
}
