/*
 * dwarf/info.c - units and entries of .debug_info.
 */
#include "dwarf/info.h"

#include <errno.h>

enum {
    UNIT_COMPILE = 1,
    UNIT_TYPE = 2,
    UNIT_PARTIAL = 3,
    UNIT_SKELETON = 4,
    UNIT_SPLIT_COMPILE = 5,
    UNIT_SPLIT_TYPE = 6
};

/* DW_AT_* to the ones kept; -1 for the rest. */
static int
kept_attr(uint64_t attr)
{
    switch (attr) {
    case 0x01: return INFO_SIBLING;
    case 0x03: return INFO_NAME;
    case 0x10: return INFO_STMT_LIST;
    case 0x11: return INFO_LOW_PC;
    case 0x12: return INFO_HIGH_PC;
    case 0x13: return INFO_LANGUAGE;
    case 0x1b: return INFO_COMP_DIR;
    case 0x31: return INFO_ORIGIN;
    case 0x47: return INFO_SPECIFICATION;
    case 0x55: return INFO_RANGES;
    case 0x57: return INFO_CALL_COLUMN;
    case 0x58: return INFO_CALL_FILE;
    case 0x59: return INFO_CALL_LINE;
    case 0x6e: return INFO_LINKAGE_NAME;
    case 0x72: return INFO_STR_OFFSETS_BASE;
    case 0x73: return INFO_ADDR_BASE;
    case 0x74: return INFO_RNGLISTS_BASE;
    case 0x76: return INFO_DWO_NAME;
    case 0x2007: return INFO_LINKAGE_NAME;   /* DW_AT_MIPS_linkage_name */
    case 0x2130: return INFO_DWO_NAME;       /* DW_AT_GNU_dwo_name */
    case 0x2131: return INFO_DWO_ID;
    case 0x2132: return INFO_GNU_RANGES_BASE;
    case 0x2133: return INFO_ADDR_BASE;      /* DW_AT_GNU_addr_base */
    default: return -1;
    }
}

/* The rest of a header, by the version. */
static int
read_header(struct cursor *c, struct info_unit *unit)
{
    unit->form.version = cursor_u16(c);
    if (unit->form.version < 2 || unit->form.version > 5)
        return c->failed ? -EINVAL : -ENOTSUP;
    unit->type = UNIT_COMPILE;
    if (unit->form.version == 5) {
        unit->type = cursor_u8(c);
        unit->form.address_size = cursor_u8(c);
        unit->abbrev_offset = cursor_word(c, unit->form.is_64);
    } else {
        unit->abbrev_offset = cursor_word(c, unit->form.is_64);
        unit->form.address_size = cursor_u8(c);
    }
    if (unit->type == UNIT_SKELETON || unit->type == UNIT_SPLIT_COMPILE) {
        unit->dwo_id = cursor_u64(c);
        unit->has_dwo_id = true;
    } else if (unit->type == UNIT_TYPE || unit->type == UNIT_SPLIT_TYPE) {
        (void)cursor_u64(c);
        (void)cursor_word(c, unit->form.is_64);
    }
    if (c->failed || (unit->form.address_size != 8 &&
                      unit->form.address_size != 4))
        return -EINVAL;
    return 0;
}

int
info_unit_open(const struct form_sections *sections, uint64_t offset,
               struct info_unit *out_unit)
{
    struct cursor c = cursor_at(sections->info, offset);
    struct info_unit unit = {.form.sections = sections, .offset = offset};
    uint64_t length;
    int error;

    if (c.failed || c.at == c.end)
        return -ENOENT;
    length = cursor_length(&c, &unit.form.is_64);
    cursor_limit(&c, length);
    if (c.failed)
        return -EINVAL;
    unit.end = cursor_offset(&c) + length;
    error = read_header(&c, &unit);
    unit.first = cursor_offset(&c);
    if (error == 0 || error == -ENOTSUP)
        *out_unit = unit;
    return error;
}

struct cursor
info_cursor(const struct info_unit *unit, uint64_t offset)
{
    struct cursor c = cursor_at(unit->form.sections->info, offset);

    if (c.failed || offset < unit->first || offset > unit->end)
        cursor_fail(&c);
    else
        c.end = c.start + unit->end;
    return c;
}

/* Read past the pairs of an abbreviation whose tag was read. */
static void
skip_specs(struct cursor *c)
{
    uint64_t attr;
    uint64_t form;

    (void)cursor_u8(c);
    do {
        attr = cursor_uleb(c);
        form = cursor_uleb(c);
        if (form == FORM_IMPLICIT_CONST)
            (void)cursor_sleb(c);
    } while (!c->failed && (attr != 0 || form != 0));
}

/* A cursor behind the code of abbreviation `code`; failed if there is none. */
static struct cursor
find_abbrev(const struct info_unit *unit, uint64_t code)
{
    struct cursor c =
        cursor_at(unit->form.sections->abbrev, unit->abbrev_offset);

    if (unit->abbrevs != NULL && code < unit->abbrevs->count &&
        unit->abbrevs->offsets[code] != 0) {
        cursor_skip(&c, unit->abbrevs->offsets[code]);
        return c;
    }
    while (!c.failed) {
        uint64_t found = cursor_uleb(&c);

        if (found == code)
            return c;
        if (found == 0)
            break;
        (void)cursor_uleb(&c);
        skip_specs(&c);
    }
    cursor_fail(&c);
    return c;
}

bool
info_abbrevs_is_whole(const struct form_sections *sections, uint64_t offset)
{
    struct cursor c = cursor_at(sections->abbrev, offset);

    while (!c.failed) {
        uint64_t code = cursor_uleb(&c);

        if (code == 0)
            break;
        (void)cursor_uleb(&c);
        skip_specs(&c);
    }
    return !c.failed;
}

uint32_t
info_abbrevs_measure(const struct info_unit *unit, uint32_t max)
{
    struct cursor c =
        cursor_at(unit->form.sections->abbrev, unit->abbrev_offset);
    uint32_t count = 0;

    while (!c.failed) {
        uint64_t code = cursor_uleb(&c);

        if (code == 0)
            break;
        if (code < max && code >= count)
            count = (uint32_t)code + 1;
        (void)cursor_uleb(&c);
        skip_specs(&c);
    }
    return count;
}

void
info_abbrevs_fill(const struct info_unit *unit, struct info_abbrevs *table)
{
    struct cursor c =
        cursor_at(unit->form.sections->abbrev, unit->abbrev_offset);
    const unsigned char *start = c.at;

    while (!c.failed) {
        uint64_t code = cursor_uleb(&c);
        uint64_t offset = (uint64_t)(c.at - start);

        if (code == 0 || offset > UINT32_MAX)
            break;
        if (code < table->count && table->offsets[code] == 0)
            table->offsets[code] = (uint32_t)offset;
        (void)cursor_uleb(&c);
        skip_specs(&c);
    }
}

int
info_read(const struct info_unit *unit, struct cursor *c,
          struct info_entry *out_entry)
{
    struct cursor specs;
    uint64_t code;

    out_entry->offset = cursor_offset(c);
    out_entry->present = 0;
    out_entry->tag = 0;
    out_entry->has_children = false;
    code = cursor_uleb(c);
    if (c->failed)
        return -EINVAL;
    if (code == 0)
        return 0;
    specs = find_abbrev(unit, code);
    out_entry->tag = (uint32_t)cursor_uleb(&specs);
    out_entry->has_children = cursor_u8(&specs) != 0;
    for (;;) {
        uint64_t attr = cursor_uleb(&specs);
        uint64_t form = cursor_uleb(&specs);
        int64_t implicit = 0;
        struct form_value unkept;
        int kept;

        if (specs.failed || c->failed)
            return -EINVAL;
        if (attr == 0 && form == 0)
            return 0;
        if (form == FORM_IMPLICIT_CONST)
            implicit = cursor_sleb(&specs);
        kept = kept_attr(attr);
        form_read(c, form, implicit, &unit->form,
                  kept >= 0 ? &out_entry->attrs[kept] : &unkept);
        if (kept >= 0)
            out_entry->present |= UINT32_C(1) << kept;
    }
}

int
info_skip_children(const struct info_unit *unit, struct cursor *c,
                   const struct info_entry *entry)
{
    struct info_entry child;
    uint64_t depth = 1;
    uint64_t target;
    bool is_alt;

    if (!entry->has_children)
        return 0;
    if (info_has(entry, INFO_SIBLING) &&
        form_reference(&entry->attrs[INFO_SIBLING], unit->offset, &target,
                       &is_alt) &&
        !is_alt && target > cursor_offset(c) && target <= unit->end) {
        cursor_skip(c, target - cursor_offset(c));
        return c->failed ? -EINVAL : 0;
    }
    while (depth > 0) {
        if (c->at == c->end)
            return 0; /* Compilers leave out the nulls at the end. */
        if (info_read(unit, c, &child) != 0)
            return -EINVAL;
        if (child.tag == 0)
            depth--;
        else if (child.has_children)
            depth++;
    }
    return 0;
}

/* Keep attribute `a`, if the entry has it, in *base. */
static void
note_base(const struct info_entry *entry, enum info_attr a, uint64_t *base)
{
    if (info_has(entry, a))
        (void)form_number(&entry->attrs[a], base); /* Else it stays. */
}

int
info_unit_root(struct info_unit *unit, struct info_entry *out_root)
{
    struct cursor c = info_cursor(unit, unit->first);

    if (info_read(unit, &c, out_root) != 0 || out_root->tag == 0)
        return -EINVAL;
    note_base(out_root, INFO_STR_OFFSETS_BASE, &unit->form.str_offsets_base);
    note_base(out_root, INFO_ADDR_BASE, &unit->form.addr_base);
    note_base(out_root, INFO_RNGLISTS_BASE, &unit->rnglists_base);
    note_base(out_root, INFO_GNU_RANGES_BASE, &unit->ranges_base);
    if (info_has(out_root, INFO_DWO_ID) && !unit->has_dwo_id)
        unit->has_dwo_id =
            form_number(&out_root->attrs[INFO_DWO_ID], &unit->dwo_id);
    if (info_has(out_root, INFO_LOW_PC))
        (void)form_address(&out_root->attrs[INFO_LOW_PC], &unit->form,
                           &unit->low_pc); /* Else the base is 0. */
    return 0;
}

bool
info_low_high(const struct info_unit *unit, const struct info_entry *entry,
              uint64_t *out_low, uint64_t *out_high)
{
    uint64_t low;
    uint64_t high;

    if (!info_has(entry, INFO_LOW_PC) || !info_has(entry, INFO_HIGH_PC) ||
        !form_address(&entry->attrs[INFO_LOW_PC], &unit->form, &low))
        return false;
    if (!form_address(&entry->attrs[INFO_HIGH_PC], &unit->form, &high)) {
        /* Since DWARF 4 it is the size. */
        if (!form_number(&entry->attrs[INFO_HIGH_PC], &high))
            return false;
        high += low;
    }
    if (high <= low)
        return false;
    *out_low = low;
    *out_high = high;
    return true;
}
