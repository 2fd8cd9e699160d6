/*
 * symbol/sections.c - the debug sections of one file, expanded.
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

/* Expand `source` to `size` bytes of memory of ours. */
static int
expand(struct sections *out, const unsigned char *source, size_t source_size,
       uint64_t size, struct cursor_bytes *out_bytes)
{
    void *target;

    if (out->owned_count == SECTIONS_MAX || size == 0 ||
        size / INFLATE_RATIO_MAX > source_size)
        return -EINVAL;
    target = meta_map(size);
    if (target == NULL)
        return -ENOMEM;
    if (inflate_bytes(source, source_size, target, size) != 0) {
        meta_unmap(target, size);
        return -EINVAL;
    }
    out->owned[out->owned_count].bytes = target;
    out->owned[out->owned_count].size = size;
    out->owned_count++;
    *out_bytes = (struct cursor_bytes){.bytes = target, .size = size};
    return 0;
}

/* The contents of one section. */
static void
load(struct sections *out, const struct image_section *section,
     struct cursor_bytes *out_bytes)
{
    Elf64_Chdr header;
    uint64_t size = 0;

    if (section->bytes == NULL || section->size == 0 ||
        out_bytes->bytes != NULL)
        return;
    if (section->flags & SHF_COMPRESSED) {
        if (section->size < sizeof header)
            return;
        memcpy(&header, section->bytes, sizeof header);
        if (header.ch_type == ELFCOMPRESS_ZSTD)
            out->lack = "debug information is compressed by zstd";
        else if (header.ch_type != ELFCOMPRESS_ZLIB ||
                 expand(out, section->bytes + sizeof header,
                        section->size - sizeof header, header.ch_size,
                        out_bytes) != 0)
            out->lack = "debug information cannot be expanded";
    } else if (section->name[1] == 'z') {
        if (section->size < OLD_HEADER_SIZE ||
            memcmp(section->bytes, "ZLIB", 4) != 0)
            return;
        for (unsigned i = 4; i < OLD_HEADER_SIZE; i++)
            size = size << 8 | section->bytes[i];
        if (expand(out, section->bytes + OLD_HEADER_SIZE,
                   section->size - OLD_HEADER_SIZE, size, out_bytes) != 0)
            out->lack = "debug information cannot be expanded";
    } else {
        *out_bytes = (struct cursor_bytes){.bytes = section->bytes,
                                           .size = section->size};
    }
}

/* Where the section called ".debug_<name>", or ".zdebug_<name>", goes. */
static struct cursor_bytes *
place_of(struct sections *out, const char *name, size_t n)
{
    const struct {
        const char *name;
        struct cursor_bytes *place;
    } places[] = {
        {"info", &out->form.info},
        {"abbrev", &out->form.abbrev},
        {"line", &out->form.line},
        {"str", &out->form.str},
        {"line_str", &out->form.line_str},
        {"addr", &out->form.addr},
        {"str_offsets", &out->form.str_offsets},
        {"ranges", &out->form.ranges},
        {"rnglists", &out->form.rnglists},
    };

    for (size_t i = 0; i < ARRAY_COUNT(places); i++) {
        if (text_is_equal_n(places[i].name, name, n))
            return places[i].place;
    }
    return NULL;
}

int
sections_load(const struct image *image, bool is_dwo, struct sections *out)
{
    struct image_section section;

    memset(out, 0, sizeof *out);
    for (uint32_t i = 1; i < image->section_count; i++) {
        const char *name;
        struct cursor_bytes *place;
        size_t n;

        if (image_section(image, i, &section) != 0)
            continue;
        if (text_is_equal(section.name, ".debug_cu_index"))
            load(out, &section, &out->cu_index);
        if (text_has_prefix(section.name, ".debug_"))
            name = section.name + 7;
        else if (text_has_prefix(section.name, ".zdebug_"))
            name = section.name + 8;
        else
            continue;
        n = strlen(name);
        if (n > 4 && memcmp(name + n - 4, ".dwo", 4) == 0) {
            if (!is_dwo)
                continue;
            n -= 4;
        } else if (is_dwo) {
            continue;
        }
        place = place_of(out, name, n);
        if (place != NULL)
            load(out, &section, place);
    }
    if (out->form.info.bytes != NULL && out->form.abbrev.bytes != NULL)
        return 0;
    sections_unload(out);
    return -ENOENT;
}

void
sections_unload(struct sections *sections)
{
    while (sections->owned_count > 0) {
        sections->owned_count--;
        meta_unmap(sections->owned[sections->owned_count].bytes,
                   sections->owned[sections->owned_count].size);
    }
    memset(&sections->form, 0, sizeof sections->form);
}
