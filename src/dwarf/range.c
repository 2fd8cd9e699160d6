/*
 * dwarf/range.c - the pieces of code that an entry covers.
 *
 * Linkers mark code that they threw away by the address 0, 1 or the largest
 * ones; no code of a program or library lies there.
 */
#include "dwarf/range.h"

#include <errno.h>

enum {
    RLE_END = 0,
    RLE_BASE_ADDRESSX = 1,
    RLE_STARTX_ENDX = 2,
    RLE_STARTX_LENGTH = 3,
    RLE_OFFSET_PAIR = 4,
    RLE_BASE_ADDRESS = 5,
    RLE_START_END = 6,
    RLE_START_LENGTH = 7
};

struct walk {
    const struct info_unit *unit;
    bool (*visit)(uint64_t low, uint64_t high, void *context);
    void *context;
    uint64_t base;
    bool is_done;
};

static void
give(struct walk *w, uint64_t low, uint64_t high)
{
    if (low > 1 && high > low && !w->visit(low, high, w->context))
        w->is_done = true;
}

/* An address of .debug_addr; 0 (which gives no piece) if it is outside. */
static uint64_t
indexed(const struct walk *w, uint64_t index)
{
    struct form_value value = {.form = 0x1b, .number = index};
    uint64_t addr;

    return form_address(&value, &w->unit->form, &addr) ? addr : 0;
}

/* The largest address marks a new base in .debug_ranges. */
static uint64_t
largest(const struct info_unit *unit)
{
    return unit->form.address_size == 8 ? UINT64_MAX : UINT32_MAX;
}

static int
walk_ranges(struct walk *w, uint64_t offset)
{
    unsigned size = w->unit->form.address_size;
    struct cursor c = cursor_at(w->unit->form.sections->ranges, offset);

    while (!w->is_done) {
        uint64_t low = cursor_unsigned(&c, size);
        uint64_t high = cursor_unsigned(&c, size);

        if (c.failed)
            return -EINVAL;
        if (low == 0 && high == 0)
            break;
        if (low == largest(w->unit))
            w->base = high;
        else if (w->base != 0 || low > 1)
            give(w, w->base + low, w->base + high);
    }
    return 0;
}

/* One entry of .debug_rnglists. False at the end. */
static bool
walk_list_entry(struct walk *w, struct cursor *c)
{
    unsigned size = w->unit->form.address_size;
    uint64_t low;
    uint64_t high;

    switch (cursor_u8(c)) {
    case RLE_END:
        return false;
    case RLE_BASE_ADDRESSX:
        w->base = indexed(w, cursor_uleb(c));
        return true;
    case RLE_STARTX_ENDX:
        low = indexed(w, cursor_uleb(c));
        high = indexed(w, cursor_uleb(c));
        break;
    case RLE_STARTX_LENGTH:
        low = indexed(w, cursor_uleb(c));
        high = low + cursor_uleb(c);
        break;
    case RLE_OFFSET_PAIR:
        low = cursor_uleb(c);
        high = cursor_uleb(c);
        /* A base of code thrown away makes its pieces so too. */
        if (w->base <= 1 || w->base >= largest(w->unit) - 1) {
            if (w->base != 0)
                return true;
        }
        low += w->base;
        high += w->base;
        break;
    case RLE_BASE_ADDRESS:
        w->base = cursor_unsigned(c, size);
        return true;
    case RLE_START_END:
        low = cursor_unsigned(c, size);
        high = cursor_unsigned(c, size);
        break;
    case RLE_START_LENGTH:
        low = cursor_unsigned(c, size);
        high = low + cursor_uleb(c);
        break;
    default:
        cursor_fail(c);
        return false;
    }
    if (!c->failed)
        give(w, low, high);
    return true;
}

static int
walk_list(struct walk *w, const struct form_value *value)
{
    const struct info_unit *unit = w->unit;
    uint64_t offset = value->number;
    struct cursor c;

    if (value->form == FORM_RNGLISTX) {
        unsigned size = unit->form.is_64 ? 8 : 4;

        if (offset > UINT32_MAX)
            return -EINVAL;
        c = cursor_at(unit->form.sections->rnglists,
                      unit->rnglists_base + offset * size);
        offset = cursor_word(&c, unit->form.is_64) + unit->rnglists_base;
        if (c.failed)
            return -EINVAL;
    }
    c = cursor_at(unit->form.sections->rnglists, offset);
    while (!c.failed && !w->is_done && walk_list_entry(w, &c))
        continue;
    return c.failed ? -EINVAL : 0;
}

int
range_each(const struct info_unit *unit, const struct info_entry *entry,
           bool (*visit)(uint64_t low, uint64_t high, void *context),
           void *context)
{
    struct walk w = {.unit = unit,
                     .visit = visit,
                     .context = context,
                     .base = unit->low_pc};
    uint64_t low;
    uint64_t high;
    uint64_t offset;

    if (info_has(entry, INFO_RANGES)) {
        const struct form_value *value = &entry->attrs[INFO_RANGES];

        if (!form_number(value, &offset))
            return -EINVAL;
        if (unit->form.version >= 5)
            return walk_list(&w, value);
        /* In a skeleton itself the base is not added: it has ranges_base 0
         * when its own entry is read. */
        return walk_ranges(&w, offset + unit->ranges_base);
    }
    if (info_low_high(unit, entry, &low, &high))
        give(&w, low, high);
    return 0;
}

struct query {
    uint64_t addr;
    bool is_found;
};

static bool
match(uint64_t low, uint64_t high, void *context)
{
    struct query *query = context;

    query->is_found = query->addr >= low && query->addr < high;
    return !query->is_found;
}

bool
range_has(const struct info_unit *unit, const struct info_entry *entry,
          uint64_t addr)
{
    struct query query = {.addr = addr, .is_found = false};

    (void)range_each(unit, entry, match, &query); /* Malformed: not found. */
    return query.is_found;
}
