/*
 * symbol/sections.c - the debug sections of one file.
 */
#include "symbol/sections.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "meta/region.h"

/* A header of the old GNU form: "ZLIB" and the size, highest byte first. */
#define OLD_HEADER_SIZE 12

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

static const char cannot_expand[] = "debug information cannot be expanded";

/* What follows ".debug_" or ".zdebug_". */
static const char *const names[SECTIONS__COUNT] = {
    [SECTIONS_INFO] = "info",
    [SECTIONS_ABBREV] = "abbrev",
    [SECTIONS_LINE] = "line",
    [SECTIONS_STR] = "str",
    [SECTIONS_LINE_STR] = "line_str",
    [SECTIONS_ADDR] = "addr",
    [SECTIONS_STR_OFFSETS] = "str_offsets",
    [SECTIONS_RANGES] = "ranges",
    [SECTIONS_RNGLISTS] = "rnglists",
    [SECTIONS_ARANGES] = "aranges",
    [SECTIONS_CU_INDEX] = "cu_index",
};

static struct cursor_bytes *
bytes_of(struct sections *s, enum sections_id id)
{
    switch (id) {
    case SECTIONS_INFO:
        return &s->form.info;
    case SECTIONS_ABBREV:
        return &s->form.abbrev;
    case SECTIONS_LINE:
        return &s->form.line;
    case SECTIONS_STR:
        return &s->form.str;
    case SECTIONS_LINE_STR:
        return &s->form.line_str;
    case SECTIONS_ADDR:
        return &s->form.addr;
    case SECTIONS_STR_OFFSETS:
        return &s->form.str_offsets;
    case SECTIONS_RANGES:
        return &s->form.ranges;
    case SECTIONS_RNGLISTS:
        return &s->form.rnglists;
    case SECTIONS_ARANGES:
        return &s->aranges;
    case SECTIONS_CU_INDEX:
    case SECTIONS__COUNT:
        break;
    }
    return &s->cu_index;
}

static bool
is_there(struct sections *s, enum sections_id id)
{
    return s->parts[id].source != NULL || bytes_of(s, id)->bytes != NULL;
}

/* ---- Finding. ---- */

static void
set_compressed(struct sections *out, enum sections_id id,
               const unsigned char *source, size_t source_size, uint64_t size)
{
    if (size == 0 || size / INFLATE_RATIO_MAX > source_size) {
        out->lack = cannot_expand;
        return;
    }
    out->parts[id] = (struct sections_part){
        .source = source, .source_size = source_size, .size = size};
}

/* Note where one section is. */
static void
load(struct sections *out, const struct image_section *section,
     enum sections_id id)
{
    Elf64_Chdr header;
    uint64_t size = 0;

    if (section->bytes == NULL || section->size == 0 || is_there(out, id))
        return;
    if (section->flags & SHF_COMPRESSED) {
        if (section->size < sizeof header)
            return;
        memcpy(&header, section->bytes, sizeof header);
        if (header.ch_type == ELFCOMPRESS_ZLIB)
            set_compressed(out, id, section->bytes + sizeof header,
                           section->size - sizeof header, header.ch_size);
        else
            out->lack = header.ch_type == ELFCOMPRESS_ZSTD
                            ? "debug information is compressed by zstd"
                            : cannot_expand;
    } else if (section->name[1] == 'z') {
        if (section->size < OLD_HEADER_SIZE ||
            memcmp(section->bytes, "ZLIB", 4) != 0)
            return;
        for (unsigned i = 4; i < OLD_HEADER_SIZE; i++)
            size = size << 8 | section->bytes[i];
        set_compressed(out, id, section->bytes + OLD_HEADER_SIZE,
                       section->size - OLD_HEADER_SIZE, size);
    } else {
        *bytes_of(out, id) = (struct cursor_bytes){.bytes = section->bytes,
                                                   .size = section->size};
    }
}

/* Which section it is; SECTIONS__COUNT for one that nobody wants. */
static enum sections_id
identify(const char *name, bool is_dwo)
{
    size_t n;

    if (text_is_equal(name, ".debug_cu_index"))
        return is_dwo ? SECTIONS_CU_INDEX : SECTIONS__COUNT;
    if (text_has_prefix(name, ".debug_"))
        name += 7;
    else if (text_has_prefix(name, ".zdebug_"))
        name += 8;
    else
        return SECTIONS__COUNT;
    n = strlen(name);
    if ((n > 4 && memcmp(name + n - 4, ".dwo", 4) == 0) != is_dwo)
        return SECTIONS__COUNT;
    if (is_dwo)
        n -= 4;
    for (unsigned i = 0; i < SECTIONS__COUNT; i++) {
        if (text_is_equal_n(names[i], name, n))
            return (enum sections_id)i;
    }
    return SECTIONS__COUNT;
}

int
sections_load(const struct image *image, bool is_dwo, struct sections *out)
{
    struct image_section section;

    memset(out, 0, sizeof *out);
    for (uint32_t i = 1; i < image->section_count; i++) {
        enum sections_id id;

        if (image_section(image, i, &section) != 0)
            continue;
        id = identify(section.name, is_dwo);
        if (id != SECTIONS__COUNT)
            load(out, &section, id);
    }
    return is_there(out, SECTIONS_INFO) && is_there(out, SECTIONS_ABBREV)
               ? 0
               : -ENOENT;
}

/* ---- Expanding. ---- */

/* The memory for a section, before the first of it is expanded. */
static bool
open_part(struct sections *s, struct sections_part *part)
{
    if (part->target != NULL)
        return part->stream != NULL;
    if (part->size > SECTIONS_MEMORY_MAX - s->memory) {
        s->lack = "debug information is too large to be expanded";
        return false;
    }
    part->target = meta_map(part->size);
    if (part->target == NULL) {
        s->lack = "no memory to expand its debug information";
        return false;
    }
    s->memory += part->size;
    part->stream = meta_map(sizeof *part->stream);
    if (part->stream != NULL &&
        inflate_begin(part->stream, part->source, part->source_size,
                      part->target, part->size) == 0)
        return true;
    s->lack = cannot_expand;
    return false;
}

static void
close_stream(struct sections_part *part)
{
    if (part->stream != NULL)
        meta_unmap(part->stream, sizeof *part->stream);
    part->stream = NULL;
}

bool
sections_expand(struct sections *sections, enum sections_id id, uint64_t upto)
{
    struct sections_part *part = &sections->parts[id];
    struct cursor_bytes *bytes = bytes_of(sections, id);
    uint64_t wanted = upto;

    if (part->source == NULL)
        return upto == SECTIONS_ALL || upto <= bytes->size;
    if (wanted > part->size)
        wanted = part->size;
    if (bytes->size < wanted && open_part(sections, part)) {
        int error = inflate_upto(part->stream, wanted);

        *bytes = (struct cursor_bytes){.bytes = part->target,
                                       .size = part->stream->done};
        if (error != 0)
            sections->lack = cannot_expand;
        if (error != 0 || part->stream->is_whole)
            close_stream(part);
    }
    return bytes->size >= wanted && (upto == SECTIONS_ALL || upto == wanted);
}

bool
sections_has_all(const struct sections *sections, enum sections_id id)
{
    const struct sections_part *part = &sections->parts[id];

    return part->source == NULL ||
           (part->target != NULL && part->stream == NULL);
}

void
sections_unload(struct sections *sections)
{
    for (unsigned i = 0; i < SECTIONS__COUNT; i++) {
        struct sections_part *part = &sections->parts[i];

        close_stream(part);
        if (part->target != NULL)
            meta_unmap(part->target, part->size);
    }
    memset(sections, 0, sizeof *sections);
}
