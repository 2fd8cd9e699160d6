/*
 * dwarf/package.c - one unit's part of a .dwp package.
 *
 * The index is a hash table of unit ids with the row of each, then a table of
 * offsets and one of sizes, a row per unit and a column per section.
 */
#include "dwarf/package.h"

#include <errno.h>

/* The section that column `id` is about, NULL for one that is not used. */
static struct cursor_bytes *
section_of(struct form_sections *sections, uint32_t id, bool is_5)
{
    switch (id) {
    case 1:
        return &sections->info;
    case 3:
        return &sections->abbrev;
    case 4:
        return &sections->line;
    case 6:
        return &sections->str_offsets;
    case 8: /* In DWARF 4 it is .debug_macro. */
        return is_5 ? &sections->rnglists : NULL;
    default:
        return NULL;
    }
}

/* The row of `dwo_id`, counted from 1; 0 if there is none. */
static uint32_t
find_row(struct cursor_bytes index, uint32_t slot_count, uint64_t dwo_id)
{
    uint64_t mask = slot_count - 1;
    uint64_t slot = dwo_id & mask;
    uint64_t step = (dwo_id >> 32 & mask) | 1;

    for (uint32_t i = 0; i < slot_count; i++) {
        struct cursor ids = cursor_at(index, 16 + slot * 8);
        struct cursor rows =
            cursor_at(index, 16 + (uint64_t)slot_count * 8 + slot * 4);
        uint64_t id = cursor_u64(&ids);
        uint32_t row = cursor_u32(&rows);

        if (ids.failed || rows.failed || row == 0)
            return 0;
        if (id == dwo_id)
            return row;
        slot = (slot + step) & mask;
    }
    return 0;
}

int
package_find(struct cursor_bytes index, const struct form_sections *whole,
             uint64_t dwo_id, struct form_sections *out_part)
{
    struct form_sections part = *whole;
    struct cursor c = cursor_at(index, 0);
    bool is_5 = cursor_u16(&c) == 5; /* Version 2 has a word here. */
    uint32_t columns;
    uint32_t units;
    uint32_t slots;
    uint32_t row;
    uint64_t tables;

    (void)cursor_u16(&c);
    columns = cursor_u32(&c);
    units = cursor_u32(&c);
    slots = cursor_u32(&c);
    if (c.failed || (slots & (slots - 1)) != 0 || columns > 16)
        return -EINVAL;
    row = slots != 0 ? find_row(index, slots, dwo_id) : 0;
    if (row == 0 || row > units)
        return -ENOENT;
    tables = 16 + (uint64_t)slots * 12;
    for (uint32_t i = 0; i < columns; i++) {
        struct cursor ids = cursor_at(index, tables + (uint64_t)i * 4);
        struct cursor offsets = cursor_at(
            index, tables + ((uint64_t)row * columns + i) * 4);
        struct cursor sizes = cursor_at(
            index, tables + (((uint64_t)units + row) * columns + i) * 4);
        struct cursor_bytes *section =
            section_of(&part, cursor_u32(&ids), is_5);
        uint32_t offset = cursor_u32(&offsets);
        uint32_t size = cursor_u32(&sizes);

        if (ids.failed || offsets.failed || sizes.failed)
            return -EINVAL;
        if (section == NULL)
            continue;
        if (offset > section->size || size > section->size - offset)
            return -EINVAL;
        section->bytes += offset;
        section->size = size;
    }
    *out_part = part;
    return 0;
}
