/*
 * report/pprof.c - a profile as pprof, Parca, Pyroscope and Grafana read it:
 * profile.proto, in gzip.
 *
 * The four values are those of Go's heap profile (alloc_objects, alloc_space,
 * inuse_objects, inuse_space), so that what knows one knows the other. An
 * address without a name is left without lines: by the module's build-id its
 * name can be found later.
 * Source: github.com/google/pprof, proto/profile.proto.
 */
#include "report/render.h"

#include <string.h>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "model/wire.h"
#include "report/book.h"
#include "report/gzip.h"
#include "report/names.h"
#include "report/weigh.h"

/* Field numbers of profile.proto. */
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_MAPPING = 3,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING = 6,
    PROFILE_TIME = 9,
    PROFILE_DURATION = 10,
    PROFILE_PERIOD_TYPE = 11,
    PROFILE_PERIOD = 12,
    PROFILE_COMMENT = 13,
    PROFILE_DEFAULT = 14
};

#define TYPE_COUNT 4u

static const struct {
    const char *type;
    const char *unit;
    enum weigh_measure measure;
} types[TYPE_COUNT] = {
    {"alloc_objects", "count", WEIGH_COUNT},
    {"alloc_space", "bytes", WEIGH_ALLOCATED},
    {"inuse_objects", "count", WEIGH_LIVE_BLOCKS},
    {"inuse_space", "bytes", WEIGH_LIVE},
};

struct profile {
    const struct snapshot *snapshot;
    struct buffer bytes;
    struct buffer part;  /* the message being made */
    struct buffer inner; /* the one in it */
    struct book book;
    struct vector strings; /* const char *, index 0 is "" */
    struct table string_index;
    struct vector mappings; /* struct mapping */
    bool failed;
};

struct mapping {
    const char *path; /* of the book's texts */
    uint64_t base;
};

/* ---- protocol buffers ---- */

static void
put_varint(struct buffer *out, unsigned field, uint64_t value)
{
    if (value == 0)
        return; /* the default */
    wire_put_number(out, (uint64_t)field << 3);
    wire_put_number(out, value);
}

static void
put_bytes(struct buffer *out, unsigned field, const void *bytes, size_t n)
{
    wire_put_number(out, (uint64_t)field << 3 | 2);
    wire_put_number(out, n);
    buffer_add(out, bytes, n);
}

/* Append profile->part as a field of the profile, and empty it. */
static void
end_part(struct profile *profile, unsigned field)
{
    if (profile->part.failed || profile->inner.failed)
        profile->failed = true;
    put_bytes(&profile->bytes, field, profile->part.bytes, profile->part.count);
    buffer_clear(&profile->part);
}

static uint64_t
string_of(struct profile *profile, const char *text)
{
    const char *kept = book_text(&profile->book, text);
    const char **added;
    uint64_t index;

    if (*kept == '\0')
        return 0;
    if (table_find(&profile->string_index, (uintptr_t)kept, &index))
        return index;
    added = vector_add(&profile->strings);
    if (added == NULL || table_insert(&profile->string_index, (uintptr_t)kept,
                                      profile->strings.count - 1) != 0) {
        profile->failed = true;
        return 0;
    }
    *added = kept;
    return profile->strings.count - 1;
}

static void
put_type(struct profile *profile, unsigned field, const char *type,
         const char *unit)
{
    put_varint(&profile->part, 1, string_of(profile, type));
    put_varint(&profile->part, 2, string_of(profile, unit));
    end_part(profile, field);
}

/* ---- samples ---- */

static void
put_sample(struct profile *profile, const struct weigh_stack *stack)
{
    uint32_t count = names_count(stack->trace);

    if (stack->values[WEIGH_COUNT] == 0 && stack->values[WEIGH_LIVE] == 0)
        return;
    buffer_clear(&profile->inner);
    for (uint32_t i = 0; i < count; i++)
        wire_put_number(&profile->inner,
                        book_spot(&profile->book, stack->trace, i) + 1);
    put_bytes(&profile->part, 1, profile->inner.bytes, profile->inner.count);
    buffer_clear(&profile->inner);
    for (unsigned i = 0; i < TYPE_COUNT; i++)
        wire_put_number(&profile->inner, stack->values[types[i].measure]);
    put_bytes(&profile->part, 2, profile->inner.bytes, profile->inner.count);
    end_part(profile, PROFILE_SAMPLE);
}

static void
put_samples(struct profile *profile)
{
    struct vector stacks = VECTOR_INIT(struct weigh_stack);

    if (weigh_all(profile->snapshot, &stacks) != 0)
        profile->failed = true;
    for (size_t i = 0; i < stacks.count; i++)
        put_sample(profile, &VECTOR_AT(&stacks, struct weigh_stack, i));
    vector_fini(&stacks);
}

/* ---- locations, functions, mappings ---- */

/* The number, from 1 on, of the module that a spot is in; 0: none. */
static uint64_t
mapping_of(struct profile *profile, const struct book_spot *spot, uintptr_t pc)
{
    uint64_t base = pc - spot->module_offset;
    struct mapping *mapping;

    if (*spot->module == '\0')
        return 0;
    for (size_t i = profile->mappings.count; i-- > 0;) {
        mapping = &VECTOR_AT(&profile->mappings, struct mapping, i);
        if (mapping->path == spot->module && mapping->base == base)
            return i + 1;
    }
    mapping = vector_add(&profile->mappings);
    if (mapping == NULL) {
        profile->failed = true;
        return 0;
    }
    mapping->path = spot->module;
    mapping->base = base;
    return profile->mappings.count;
}

static void
put_locations(struct profile *profile)
{
    const struct book *book = &profile->book;

    for (size_t i = 0; i < book->spots.count; i++) {
        const struct book_spot *spot =
            &VECTOR_AT(&book->spots, struct book_spot, i);
        uintptr_t pc = spots_place(&book->places, (uint32_t)i)->pc;

        put_varint(&profile->part, 1, i + 1);
        put_varint(&profile->part, 2, mapping_of(profile, spot, pc));
        put_varint(&profile->part, 3, pc);
        for (uint32_t k = 0; k < spot->count; k++) {
            const struct book_line *line =
                &VECTOR_AT(&book->lines, struct book_line, spot->first + k);
            const struct book_function *function = &VECTOR_AT(
                &book->functions, struct book_function, line->function);

            if (!function->is_named && *function->file == '\0')
                continue;
            buffer_clear(&profile->inner);
            put_varint(&profile->inner, 1, (uint64_t)line->function + 1);
            put_varint(&profile->inner, 2, line->line);
            put_bytes(&profile->part, 4, profile->inner.bytes,
                      profile->inner.count);
        }
        end_part(profile, PROFILE_LOCATION);
    }
}

static void
put_functions(struct profile *profile)
{
    for (size_t i = 0; i < profile->book.functions.count; i++) {
        struct book_function function =
            VECTOR_AT(&profile->book.functions, struct book_function, i);
        uint64_t name = string_of(profile, function.name);

        put_varint(&profile->part, 1, i + 1);
        put_varint(&profile->part, 2, name);
        put_varint(&profile->part, 3, name);
        put_varint(&profile->part, 4, string_of(profile, function.file));
        end_part(profile, PROFILE_FUNCTION);
    }
}

static const struct module *
find_module(const struct snapshot *snapshot, const struct mapping *mapping)
{
    for (size_t i = 0; i < snapshot->modules.count; i++) {
        const struct module *module =
            &VECTOR_AT(&snapshot->modules, struct module, i);

        if (module->base == mapping->base &&
            text_is_equal(module->path, mapping->path))
            return module;
    }
    return NULL;
}

static void
put_mapping(struct profile *profile, size_t i)
{
    const struct mapping *mapping =
        &VECTOR_AT(&profile->mappings, struct mapping, i);
    const struct module *module = find_module(profile->snapshot, mapping);
    char id[2 * MODULE_BUILD_ID_MAX + 1] = "";

    put_varint(&profile->part, 1, i + 1);
    put_varint(&profile->part, 2,
               module != NULL ? module->start : mapping->base);
    if (module != NULL) {
        put_varint(&profile->part, 3, module->end);
        put_varint(&profile->part, 4, module->start - module->base);
        for (unsigned k = 0; k < module->build_id_size; k++)
            (void)format_text(id + 2 * k, 3, "%02x",
                              (unsigned)module->build_id[k]);
    }
    put_varint(&profile->part, 5, string_of(profile, mapping->path));
    put_varint(&profile->part, 6, string_of(profile, id));
    put_varint(&profile->part, 7, 1);  /* functions */
    put_varint(&profile->part, 8, 1);  /* file names */
    put_varint(&profile->part, 9, 1);  /* line numbers */
    put_varint(&profile->part, 10, 1); /* inlined frames */
    end_part(profile, PROFILE_MAPPING);
}

/* ---- all of it ---- */

static void
put_profile(struct profile *profile)
{
    const struct snapshot *snapshot = profile->snapshot;

    for (unsigned i = 0; i < TYPE_COUNT; i++)
        put_type(profile, PROFILE_SAMPLE_TYPE, types[i].type, types[i].unit);
    put_samples(profile);
    put_locations(profile);
    put_functions(profile);
    for (size_t i = 0; i < profile->mappings.count; i++)
        put_mapping(profile, i);
    put_varint(&profile->bytes, PROFILE_TIME, snapshot->time_unix_ns);
    put_varint(&profile->bytes, PROFILE_DURATION, snapshot->elapsed_ns);
    put_type(profile, PROFILE_PERIOD_TYPE, "space", "bytes");
    put_varint(&profile->bytes, PROFILE_PERIOD,
               snapshot->sample != 0 ? snapshot->sample : 1);
    put_varint(&profile->bytes, PROFILE_COMMENT,
               string_of(profile, snapshot->command_line));
    put_varint(&profile->bytes, PROFILE_DEFAULT,
               string_of(profile, "inuse_space"));
    for (size_t i = 0; i < profile->strings.count; i++) {
        const char *text = VECTOR_AT(&profile->strings, const char *, i);

        put_bytes(&profile->bytes, PROFILE_STRING, text, strlen(text));
    }
}

void
render_pprof(struct buffer *out, const struct snapshot *snapshot,
             bool with_stats UNUSED)
{
    struct profile profile = {.snapshot = snapshot,
                              .strings = VECTOR_INIT(const char *),
                              .mappings = VECTOR_INIT(struct mapping)};
    const char **none = vector_add(&profile.strings);

    if (none == NULL) {
        out->failed = true;
        return;
    }
    *none = "";
    book_init(&profile.book);
    put_profile(&profile);
    if (profile.failed || profile.bytes.failed || profile.book.failed)
        out->failed = true;
    else
        gzip_add(out, profile.bytes.bytes, profile.bytes.count);
    buffer_fini(&profile.bytes);
    buffer_fini(&profile.part);
    buffer_fini(&profile.inner);
    vector_fini(&profile.strings);
    vector_fini(&profile.mappings);
    table_fini(&profile.string_index);
    book_fini(&profile.book);
}
