/*
 * fuzz_info - any bytes as .debug_info, .debug_abbrev and what they refer to.
 *
 * The first bytes say how the rest is shared out among the sections.
 *
 * Wanted: every call comes back and reads nothing outside; looking codes up in
 * a table or by reading gives the same.
 */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dwarf/dwarf.h"

#define ENTRIES_MAX 2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
count_piece(uint64_t low, uint64_t high, void *context)
{
    unsigned *pieces = context;

    if (low >= high)
        abort();
    return ++*pieces < 1000;
}

static void
use_entry(const struct info_unit *unit, const struct info_entry *entry)
{
    unsigned pieces = 0;
    size_t length = 0;

    (void)range_each(unit, entry, count_piece, &pieces);
    for (unsigned a = 0; a < INFO_ATTR__COUNT; a++) {
        const char *text;
        uint64_t value;
        bool is_alt;

        if (!info_has(entry, (enum info_attr)a))
            continue;
        text = form_text(&entry->attrs[a], &unit->form);
        length += text != NULL ? strlen(text) : 0;
        (void)form_address(&entry->attrs[a], &unit->form, &value);
        (void)form_reference(&entry->attrs[a], unit->offset, &value, &is_alt);
    }
    if (length == SIZE_MAX)
        abort(); /* It is not; but the texts must be read. */
}

static bool
count_range(uint64_t low, uint64_t high, uint64_t unit, void *context)
{
    (void)unit;
    return count_piece(low, high, context);
}

/* Read all entries; returns a sum of what they are. */
static uint64_t
use_unit(struct info_unit *unit)
{
    struct cursor c = info_cursor(unit, unit->first);
    struct info_entry entry;
    uint64_t sum = 0;

    for (unsigned i = 0;
         i < ENTRIES_MAX && c.at != c.end && info_read(unit, &c, &entry) == 0;
         i++) {
        struct cursor past = c;

        sum = sum * 31 + entry.tag + entry.present + entry.offset;
        use_entry(unit, &entry);
        if (i < 20 && info_skip_children(unit, &past, &entry) == 0 &&
            past.at < c.at)
            abort();
    }
    return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t offsets[256];
    struct info_abbrevs abbrevs = {.offsets = offsets};
    struct form_sections sections;
    struct form_sections part;
    struct cursor_bytes all = {.bytes = data + 2, .size = size - 2};
    struct info_unit unit;
    struct info_entry root;
    uint64_t offset = 0;
    unsigned pieces = 0;
    size_t cut;
    int error;

    if (size < 4)
        return 0;
    cut = all.size * data[0] / 256;
    memset(&sections, 0, sizeof sections);
    sections.info = (struct cursor_bytes){.bytes = all.bytes, .size = cut};
    sections.abbrev = (struct cursor_bytes){.bytes = all.bytes + cut,
                                            .size = all.size - cut};
    sections.str = sections.line_str = sections.addr = all;
    sections.str_offsets = sections.ranges = sections.rnglists = all;
    if (data[1] & 1)
        sections.alt = &sections;
    while ((error = info_unit_open(&sections, offset, &unit)) == 0 ||
           error == -ENOTSUP) {
        offset = unit.end;
        if (error != 0 || info_unit_root(&unit, &root) != 0)
            continue;
        if (!info_abbrevs_is_whole(&sections, unit.abbrev_offset))
            pieces++; /* It need not be; it must be read safely. */
        memset(offsets, 0, sizeof offsets);
        abbrevs.count = info_abbrevs_measure(&unit, 256);
        info_abbrevs_fill(&unit, &abbrevs);
        if (data[1] & 2) {
            uint64_t sum = use_unit(&unit);

            unit.abbrevs = &abbrevs;
            if (use_unit(&unit) != sum)
                abort();
        } else {
            unit.abbrevs = &abbrevs;
            (void)use_unit(&unit);
        }
    }
    (void)aranges_each(all, count_range, &pieces);
    (void)package_find(all, &sections, 0x1122334455667788, &part);
    return 0;
}
