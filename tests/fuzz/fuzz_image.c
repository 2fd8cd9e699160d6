/*
 * fuzz_image - any bytes as an ELF file, its symbols and its debug sections.
 *
 * Wanted: every call comes back and reads nothing outside; a function found
 * holds the address that was asked for.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
use_symbols(const struct image *image)
{
    struct symtab table;
    struct symtab_entry entry;

    if (symtab_open(image, &table) != 0)
        return;
    for (uint64_t addr = 0; addr < 0x8000; addr += 0x123) {
        if (symtab_find(&table, addr, &entry) == 0 &&
            (entry.addr > addr ||
             (entry.size != 0 && addr - entry.addr >= entry.size) ||
             strlen(entry.name) >= image->size))
            abort();
    }
    if (symtab_find_name(&table, "main", &entry) == 0 &&
        strcmp(entry.name, "main") != 0)
        abort();
    symtab_close(&table);
}

static void
use_compressed(const struct image_section *section)
{
    static unsigned char target[4096];

    if (section->bytes != NULL && section->size > 24)
        (void)inflate_bytes(section->bytes + 24, section->size - 24, target,
                            sizeof target);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct image image;
    struct image_section section;
    struct image_link link;
    const unsigned char *id;
    size_t id_size;
    Elf64_Phdr segment;
    size_t sum = 0;

    static unsigned char expanded[4096];

    if (size > 0 && data[0] != 0x7f) {
        (void)inflate_bytes(data, size, expanded, sizeof expanded);
        return 0;
    }
    if (image_open(data, size, &image) != 0)
        return 0;
    for (uint32_t i = 0; i < image.section_count && i < 64; i++) {
        if (image_section(&image, i, &section) != 0)
            continue;
        sum += strlen(section.name);
        if (section.bytes != NULL && section.size > 0)
            sum += section.bytes[0] + section.bytes[section.size - 1];
        use_compressed(&section);
    }
    for (uint32_t i = 0; image_segment(&image, i, &segment) == 0 && i < 64; i++)
        sum += segment.p_type;
    if (image_build_id(&image, &id, &id_size) == 0 && id_size > 0)
        sum += id[id_size - 1];
    if (image_debug_link(&image, &link) == 0)
        sum += strlen(link.path);
    if (image_alt_link(&image, &link) == 0)
        sum += strlen(link.path) + (link.id_size > 0 ? link.id[0] : 0);
    use_symbols(&image);
    return sum == SIZE_MAX ? 1 : 0;
}
