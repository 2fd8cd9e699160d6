/*
 * dwarf/aranges.c - .debug_aranges: which unit an address is in.
 */
#include "dwarf/aranges.h"

#include <errno.h>

/* One table of the section, which has one for each unit. */
struct set {
    uint64_t unit; /* offset in .debug_info */
    unsigned size; /* of an address, bytes */
};

/* Read the header; the cursor is then at the first pair, which is aligned to
 * the size of one, counted from the beginning of the set. */
static int
read_header(struct cursor *c, uint64_t start, bool is_64, struct set *out)
{
    uint64_t pair;
    uint64_t odd;
    uint16_t version = cursor_u16(c);

    out->unit = cursor_word(c, is_64);
    out->size = cursor_u8(c);
    /* Segments are for CPUs that nobody has any more. */
    if (cursor_u8(c) != 0 || c->failed || version != 2 ||
        (out->size != 4 && out->size != 8))
        return -EINVAL;
    pair = 2 * (uint64_t)out->size;
    odd = (cursor_offset(c) - start) % pair;
    if (odd != 0)
        cursor_skip(c, pair - odd);
    return c->failed ? -EINVAL : 0;
}

int
aranges_each(struct cursor_bytes aranges,
             bool (*visit)(uint64_t low, uint64_t high, uint64_t unit,
                           void *context),
             void *context)
{
    struct cursor all = cursor_at(aranges, 0);

    while (all.at != all.end) {
        uint64_t start = cursor_offset(&all);
        bool is_64;
        uint64_t length = cursor_length(&all, &is_64);
        struct cursor c = all;
        struct set set;

        cursor_limit(&c, length);
        cursor_skip(&all, length);
        if (all.failed || c.failed)
            return -EINVAL;
        if (read_header(&c, start, is_64, &set) != 0)
            continue; /* Another version; its length is known. */
        while (cursor_left(&c) >= 2 * (size_t)set.size) {
            uint64_t low = cursor_unsigned(&c, set.size);
            uint64_t high = low + cursor_unsigned(&c, set.size);

            if (low == 0 && high == 0)
                break;
            if (low > 1 && high > low && !visit(low, high, set.unit, context))
                return 0;
        }
    }
    return 0;
}
