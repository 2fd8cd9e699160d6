/*
 * report/named.c - names for a snapshot that came from a file.
 */
#include "report/named.h"

#include "base/format.h"
#include "base/text.h"
#include "meta/vector.h"
#include "os/file.h"
#include "report/names.h"
#include "symbol/symbol.h"

/* A module as it is looked up: its path is that of a file here. */
struct here {
    struct module module;
    const struct module *of; /* in the snapshot */
    char path[4096];
    bool is_chosen; /* it lies in the user's directory */
};

/* All written by one thread. */
static const struct snapshot *used;
static const char *directory;
static struct vector heres = VECTOR_INIT(struct here *);
static struct region region = REGION_INIT;

static bool
is_file(const char *path)
{
    struct file_identity identity;

    return file_identify_path(path, &identity) == 0 && identity.size > 0;
}

/* In the user's directory, else where the module was. */
static void
find_file(struct here *here)
{
    const char *path = here->of->path;

    if (directory != NULL) {
        static const char *const forms[] = {"%s/%s", "%s/%s.debug"};
        const char *names[] = {path, text_base_name(path)};

        for (size_t i = 0; i < ARRAY_COUNT(names); i++) {
            for (size_t k = 0; k < ARRAY_COUNT(forms); k++) {
                (void)format_text(here->path, sizeof(here->path), forms[k],
                                  directory, names[i]);
                if (is_file(here->path)) {
                    here->is_chosen = true;
                    return;
                }
            }
        }
    }
    (void)text_copy(here->path, sizeof(here->path), path);
}

/* The one that symbol_ functions know a module by; NULL if memory is out. */
static struct here *
find_here(const struct module *module)
{
    struct here *here;
    struct here **added;

    for (size_t i = 0; i < heres.count; i++) {
        here = VECTOR_AT(&heres, struct here *, i);
        if (here->of == module)
            return here;
    }
    here = region_take(&region, sizeof(*here), _Alignof(struct here));
    added = here == NULL ? NULL : vector_add(&heres);
    if (added == NULL)
        return NULL;
    *added = here;
    here->of = module;
    find_file(here);
    here->module = *module;
    here->module.path = here->path;
    here->module.is_main = false; /* its memory is not here */
    return here;
}

/* The module that `pc` lay in at `generation`. */
static const struct module *
find_module(uintptr_t pc, uint32_t generation)
{
    const struct module *last = NULL;

    for (size_t i = 0; i < used->modules.count; i++) {
        const struct module *module =
            &VECTOR_AT(&used->modules, struct module, i);

        if (pc < module->start || pc >= module->end ||
            module->loaded > generation)
            continue;
        if (module->unloaded != 0 && module->unloaded <= generation)
            continue;
        last = module;
    }
    return last;
}

/* By the files of the modules. Returns the number of frames, 0 for none. */
static unsigned
look_up(const struct module *module, uintptr_t pc,
        struct names_scratch *scratch, bool only_chosen)
{
    struct symbol_frame found[NAMES_INLINE_MAX];
    struct here *here = find_here(module);
    size_t count;

    if (here == NULL || (only_chosen && !here->is_chosen) || pc == 0)
        return 0;
    count = symbol_resolve_in(&here->module, pc - 1 - module->base, found,
                              NAMES_INLINE_MAX);
    if (only_chosen && found[count - 1].function == NULL)
        return 0;
    for (size_t i = 0; i < count; i++) {
        struct names_frame *frame = &scratch->frames[i];

        frame->function = found[i].function;
        frame->function_offset = found[i].function_offset;
        frame->file = found[i].file;
        frame->line = found[i].line;
        frame->is_inlined = found[i].is_inlined;
        frame->module = module->path;
        frame->module_offset = pc - module->base;
        /* The look-up was of the byte before. */
        if (frame->function != NULL && !frame->is_inlined)
            frame->function_offset++;
    }
    return (unsigned)count;
}

static unsigned
copy_names(const struct snapshot_frame *frame, struct names_scratch *scratch)
{
    unsigned count = 0;

    for (; count < frame->count && count < NAMES_INLINE_MAX; count++) {
        const struct snapshot_name *from = &VECTOR_AT(
            &used->names, struct snapshot_name, frame->first + count);
        struct names_frame *to = &scratch->frames[count];

        to->function = from->function;
        to->linkage = from->linkage;
        to->function_offset = from->function_offset;
        to->file = from->file;
        to->line = from->line;
        to->is_inlined = from->is_inlined;
        to->module_offset = from->module_offset;
        if (from->module != 0)
            to->module =
                VECTOR_AT(&used->modules, struct module, from->module - 1).path;
    }
    return count;
}

static bool
is_named(const struct snapshot_frame *frame)
{
    return frame != NULL && frame->count > 0 &&
           VECTOR_AT(&used->names, struct snapshot_name, frame->first)
                   .function != NULL;
}

static unsigned
resolve(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    const struct snapshot_frame *frame =
        snapshot_find_frame(used, pc, generation);
    const struct module *module = find_module(pc - 1, generation);
    unsigned count = 0;

    if (module != NULL)
        count = look_up(module, pc, scratch, is_named(frame));
    if (count > 0 && scratch->frames[0].function != NULL)
        return count;
    if (frame != NULL && frame->count > 0)
        return copy_names(frame, scratch);
    return count;
}

static bool
find_names_module(uintptr_t pc, uint32_t generation,
                  struct names_module *out_module)
{
    const struct module *module = find_module(pc - 1, generation);

    if (module == NULL)
        return false;
    out_module->path = module->path;
    out_module->is_ours =
        text_has_prefix(text_base_name(module->path), "libdbgmalloc.so");
    return true;
}

static void
release(void)
{
    symbol_release();
}

static const struct names_resolver resolver = {
    .resolve = resolve, .release = release, .module = find_names_module};

void
named_use(const struct snapshot *snapshot)
{
    used = snapshot;
    names_use(snapshot == NULL ? NULL : &resolver);
}

void
named_set_directory(const char *path)
{
    directory = path;
    vector_fini(&heres);
    region_fini(&region);
}
