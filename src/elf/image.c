/*
 * elf/image.c - an ELF file as bytes: its headers, sections and notes.
 *
 * Every structure is copied out by memcpy, since nothing in a file need be
 * aligned, and only after its place was compared with the size of the image.
 */
#include "elf/image.h"

#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/text.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define IMAGE_BYTE_ORDER ELFDATA2LSB
#else
#define IMAGE_BYTE_ORDER ELFDATA2MSB
#endif

/* A range of a file: true if [offset, offset + n) lies in `size` bytes. */
static bool
is_inside(uint64_t offset, uint64_t n, uint64_t size)
{
    return offset <= size && n <= size - offset;
}

const char *
image_string(const void *table, size_t size, uint64_t offset)
{
    const char *text;

    if (table == NULL || offset >= size)
        return NULL;
    text = (const char *)table + offset;
    return memchr(text, 0, size - (size_t)offset) != NULL ? text : NULL;
}

/* Section header `i`, whose place image_open has verified. */
static void
read_header(const struct image *image, uint32_t i, Elf64_Shdr *out)
{
    memcpy(out,
           image->bytes + image->sections_offset + (uint64_t)i * sizeof *out,
           sizeof *out);
}

/* Sections are optional: a damaged table means "none" to us only where it is
 * absent; where it points outside, the file is cut or hostile. */
static int
open_sections(struct image *image, const Elf64_Ehdr *header)
{
    uint64_t count = header->e_shnum;
    uint32_t names = header->e_shstrndx;
    Elf64_Shdr first;
    Elf64_Shdr strings;

    if (header->e_shoff == 0)
        return 0;
    if (header->e_shentsize != sizeof(Elf64_Shdr) ||
        !is_inside(header->e_shoff, sizeof first, image->size))
        return -EINVAL;
    image->sections_offset = header->e_shoff;
    read_header(image, 0, &first);
    if (count == 0) /* More than 65279: the count is in section 0. */
        count = first.sh_size;
    if (names == SHN_XINDEX)
        names = first.sh_link;
    if (count > UINT32_MAX / sizeof first ||
        !is_inside(header->e_shoff, count * sizeof first, image->size))
        return -EINVAL;
    image->section_count = (uint32_t)count;

    if (names == SHN_UNDEF || names >= count)
        return 0;
    read_header(image, names, &strings);
    if (strings.sh_type == SHT_NOBITS ||
        !is_inside(strings.sh_offset, strings.sh_size, image->size))
        return 0;
    image->section_names = (const char *)image->bytes + strings.sh_offset;
    image->section_names_size = strings.sh_size;
    return 0;
}

static int
open_segments(struct image *image, const Elf64_Ehdr *header)
{
    uint64_t count = header->e_phnum;

    if (header->e_phoff == 0 || count == 0)
        return 0;
    if (count == PN_XNUM && image->section_count > 0) {
        Elf64_Shdr first;

        read_header(image, 0, &first);
        count = first.sh_info;
    }
    if (header->e_phentsize != sizeof(Elf64_Phdr) ||
        !is_inside(header->e_phoff, count * sizeof(Elf64_Phdr), image->size))
        return -EINVAL;
    image->segments_offset = header->e_phoff;
    image->segment_count = (uint32_t)count;
    return 0;
}

int
image_open(const void *bytes, size_t size, struct image *out_image)
{
    struct image image = {.bytes = bytes, .size = size};
    Elf64_Ehdr header;
    int error;

    if (size < SELFMAG || memcmp(bytes, ELFMAG, SELFMAG) != 0)
        return -ENOEXEC;
    if (size < sizeof header)
        return -EINVAL;
    memcpy(&header, bytes, sizeof header);
    if (header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != IMAGE_BYTE_ORDER)
        return -ENOTSUP;
    image.type = header.e_type;
    image.machine = header.e_machine;
    error = open_sections(&image, &header);
    if (error == 0)
        error = open_segments(&image, &header);
    if (error != 0)
        return error;
    *out_image = image;
    return 0;
}

int
image_segment(const struct image *image, uint32_t i, Elf64_Phdr *out_segment)
{
    if (i >= image->segment_count)
        return -EINVAL;
    memcpy(out_segment,
           image->bytes + image->segments_offset +
               (uint64_t)i * sizeof *out_segment,
           sizeof *out_segment);
    return 0;
}

int
image_section(const struct image *image, uint32_t i,
              struct image_section *out_section)
{
    const unsigned char *bytes = NULL;
    const char *name;
    Elf64_Shdr header;

    if (i >= image->section_count)
        return -EINVAL;
    read_header(image, i, &header);
    if (header.sh_type != SHT_NOBITS) {
        if (!is_inside(header.sh_offset, header.sh_size, image->size))
            return -EINVAL;
        bytes = image->bytes + header.sh_offset;
    }
    name = image_string(image->section_names, image->section_names_size,
                        header.sh_name);
    *out_section = (struct image_section){
        .name = name != NULL ? name : "",
        .index = i,
        .type = header.sh_type,
        .flags = header.sh_flags,
        .addr = header.sh_addr,
        .size = header.sh_size,
        .entry_size = header.sh_entsize,
        .link = header.sh_link,
        .info = header.sh_info,
        .bytes = bytes,
    };
    return 0;
}

int
image_find_section(const struct image *image, const char *name,
                   struct image_section *out_section)
{
    struct image_section section;

    for (uint32_t i = 1; i < image->section_count; i++) {
        if (image_section(image, i, &section) == 0 &&
            text_is_equal(section.name, name)) {
            *out_section = section;
            return 0;
        }
    }
    return -ENOENT;
}

int
image_find_type(const struct image *image, uint32_t type,
                struct image_section *out_section)
{
    struct image_section section;

    for (uint32_t i = 1; i < image->section_count; i++) {
        if (image_section(image, i, &section) == 0 && section.type == type) {
            *out_section = section;
            return 0;
        }
    }
    return -ENOENT;
}

int
image_note(const unsigned char *notes, size_t size, size_t align,
           const char *owner, uint32_t type, const unsigned char **out_bytes,
           size_t *out_size)
{
    size_t owner_size = strlen(owner) + 1;
    size_t at = 0;

    if (align != 8)
        align = 4;
    while (size - at >= sizeof(Elf64_Nhdr)) {
        size_t name_at = at + sizeof(Elf64_Nhdr);
        size_t bytes_at;
        size_t next;
        Elf64_Nhdr note;

        memcpy(&note, notes + at, sizeof note);
        /* The sizes have 32 bits, so these sums cannot wrap in 64. */
        bytes_at = bits_align_up(name_at + note.n_namesz, align);
        next = bits_align_up(bytes_at + note.n_descsz, align);
        if (bytes_at > size || note.n_descsz > size - bytes_at)
            break;
        if (note.n_type == type && note.n_namesz == owner_size &&
            memcmp(notes + name_at, owner, owner_size) == 0) {
            *out_bytes = notes + bytes_at;
            *out_size = note.n_descsz;
            return 0;
        }
        if (next > size)
            break;
        at = next;
    }
    return -ENOENT;
}

int
image_build_id(const struct image *image, const unsigned char **out_id,
               size_t *out_size)
{
    struct image_section section;
    Elf64_Phdr segment;

    for (uint32_t i = 1; i < image->section_count; i++) {
        if (image_section(image, i, &section) == 0 &&
            section.type == SHT_NOTE && section.bytes != NULL &&
            image_note(section.bytes, section.size, 4, ELF_NOTE_GNU,
                       NT_GNU_BUILD_ID, out_id, out_size) == 0)
            return 0;
    }
    for (uint32_t i = 0; image_segment(image, i, &segment) == 0; i++) {
        if (segment.p_type == PT_NOTE &&
            is_inside(segment.p_offset, segment.p_filesz, image->size) &&
            image_note(image->bytes + segment.p_offset, segment.p_filesz,
                       segment.p_align, ELF_NOTE_GNU, NT_GNU_BUILD_ID, out_id,
                       out_size) == 0)
            return 0;
    }
    return -ENOENT;
}

int
image_debug_link(const struct image *image, struct image_link *out_link)
{
    struct image_link link = {.path = NULL};
    struct image_section section;
    size_t checksum_at;

    if (image_find_section(image, ".gnu_debuglink", &section) != 0)
        return -ENOENT;
    link.path = image_string(section.bytes, section.size, 0);
    if (link.path == NULL || link.path[0] == 0)
        return -ENOENT;
    checksum_at = bits_align_up(strlen(link.path) + 1, 4);
    if (!is_inside(checksum_at, sizeof link.checksum, section.size))
        return -ENOENT;
    memcpy(&link.checksum, section.bytes + checksum_at, sizeof link.checksum);
    *out_link = link;
    return 0;
}

int
image_alt_link(const struct image *image, struct image_link *out_link)
{
    struct image_link link = {.path = NULL};
    struct image_section section;
    size_t id_at;

    if (image_find_section(image, ".gnu_debugaltlink", &section) != 0)
        return -ENOENT;
    link.path = image_string(section.bytes, section.size, 0);
    if (link.path == NULL || link.path[0] == 0)
        return -ENOENT;
    id_at = strlen(link.path) + 1;
    link.id = section.bytes + id_at;
    link.id_size = section.size - id_at;
    *out_link = link;
    return 0;
}
