/*
 * dwarf/form.c - the values of attributes: how they are written and read.
 */
#include "dwarf/form.h"

enum {
    FORM_BLOCK2 = 0x03,
    FORM_BLOCK4 = 0x04,
    FORM_DATA2 = 0x05,
    FORM_DATA4 = 0x06,
    FORM_DATA8 = 0x07,
    FORM_BLOCK = 0x09,
    FORM_BLOCK1 = 0x0a,
    FORM_DATA1 = 0x0b,
    FORM_FLAG = 0x0c,
    FORM_SDATA = 0x0d,
    FORM_STRP = 0x0e,
    FORM_UDATA = 0x0f,
    FORM_REF1 = 0x11,
    FORM_REF2 = 0x12,
    FORM_REF4 = 0x13,
    FORM_REF8 = 0x14,
    FORM_REF_UDATA = 0x15,
    FORM_EXPRLOC = 0x18,
    FORM_FLAG_PRESENT = 0x19,
    FORM_STRX = 0x1a,
    FORM_ADDRX = 0x1b,
    FORM_REF_SUP4 = 0x1c,
    FORM_STRP_SUP = 0x1d,
    FORM_DATA16 = 0x1e,
    FORM_LINE_STRP = 0x1f,
    FORM_REF_SIG8 = 0x20,
    FORM_LOCLISTX = 0x22,
    FORM_REF_SUP8 = 0x24,
    FORM_STRX1 = 0x25,
    FORM_STRX2 = 0x26,
    FORM_STRX3 = 0x27,
    FORM_STRX4 = 0x28,
    FORM_ADDRX1 = 0x29,
    FORM_ADDRX2 = 0x2a,
    FORM_ADDRX3 = 0x2b,
    FORM_ADDRX4 = 0x2c,
    FORM_GNU_ADDR_INDEX = 0x1f01,
    FORM_GNU_STR_INDEX = 0x1f02,
    FORM_GNU_REF_ALT = 0x1f20,
    FORM_GNU_STRP_ALT = 0x1f21
};

static void
read_block(struct cursor *c, uint64_t size, struct form_value *value)
{
    value->number = size;
    value->bytes = c->at;
    cursor_skip(c, size);
}

/* Forms whose size is fixed, or told by the unit; false for others. */
static bool
read_fixed(struct cursor *c, uint64_t form, const struct form_unit *unit,
           struct form_value *value)
{
    switch (form) {
    case FORM_ADDR:
        value->number = cursor_unsigned(c, unit->address_size);
        return true;
    case FORM_DATA1: case FORM_FLAG: case FORM_REF1: case FORM_STRX1:
    case FORM_ADDRX1:
        value->number = cursor_u8(c);
        return true;
    case FORM_DATA2: case FORM_REF2: case FORM_STRX2: case FORM_ADDRX2:
        value->number = cursor_u16(c);
        return true;
    case FORM_STRX3: case FORM_ADDRX3:
        value->number = cursor_unsigned(c, 3);
        return true;
    case FORM_DATA4: case FORM_REF4: case FORM_REF_SUP4: case FORM_STRX4:
    case FORM_ADDRX4:
        value->number = cursor_u32(c);
        return true;
    case FORM_DATA8: case FORM_REF8: case FORM_REF_SIG8: case FORM_REF_SUP8:
        value->number = cursor_u64(c);
        return true;
    case FORM_DATA16:
        read_block(c, 16, value);
        return true;
    case FORM_STRP: case FORM_LINE_STRP: case FORM_STRP_SUP:
    case FORM_SEC_OFFSET: case FORM_GNU_REF_ALT: case FORM_GNU_STRP_ALT:
        value->number = cursor_word(c, unit->is_64);
        return true;
    case FORM_REF_ADDR: /* In DWARF 2 it had the size of an address. */
        value->number = unit->version <= 2
                            ? cursor_unsigned(c, unit->address_size)
                            : cursor_word(c, unit->is_64);
        return true;
    case FORM_FLAG_PRESENT:
        value->number = 1;
        return true;
    default:
        return false;
    }
}

void
form_read(struct cursor *c, uint64_t form, int64_t implicit,
          const struct form_unit *unit, struct form_value *out_value)
{
    struct form_value value = {.form = (uint16_t)form};

    if (form == FORM_INDIRECT) {
        form = cursor_uleb(c);
        /* One inside another is legal and useless: it could go on for ever. */
        if (form == FORM_INDIRECT || form == FORM_IMPLICIT_CONST ||
            form > UINT16_MAX) {
            cursor_fail(c);
            return;
        }
        value.form = (uint16_t)form;
    }
    if (!read_fixed(c, form, unit, &value)) {
        switch (form) {
        case FORM_BLOCK1:
            read_block(c, cursor_u8(c), &value);
            break;
        case FORM_BLOCK2:
            read_block(c, cursor_u16(c), &value);
            break;
        case FORM_BLOCK4:
            read_block(c, cursor_u32(c), &value);
            break;
        case FORM_BLOCK: case FORM_EXPRLOC:
            read_block(c, cursor_uleb(c), &value);
            break;
        case FORM_STRING:
            value.bytes = (const unsigned char *)cursor_text(c);
            break;
        case FORM_SDATA:
            value.number = (uint64_t)cursor_sleb(c);
            break;
        case FORM_UDATA: case FORM_REF_UDATA: case FORM_STRX: case FORM_ADDRX:
        case FORM_LOCLISTX: case FORM_RNGLISTX: case FORM_GNU_ADDR_INDEX:
        case FORM_GNU_STR_INDEX:
            value.number = cursor_uleb(c);
            break;
        case FORM_IMPLICIT_CONST:
            value.number = (uint64_t)implicit;
            break;
        default:
            cursor_fail(c);
            return;
        }
    }
    *out_value = value;
}

/* The text at `offset` of a section, or NULL. */
static const char *
text_at(struct cursor_bytes section, uint64_t offset)
{
    struct cursor c = cursor_at(section, offset);

    return c.failed ? NULL : cursor_text(&c);
}

static const char *
text_by_index(const struct form_unit *unit, uint64_t index)
{
    unsigned size = unit->is_64 ? 8 : 4;
    struct cursor c;
    uint64_t offset;

    if (index > UINT32_MAX)
        return NULL;
    c = cursor_at(unit->sections->str_offsets,
                  unit->str_offsets_base + index * size);
    offset = cursor_word(&c, unit->is_64);
    return c.failed ? NULL : text_at(unit->sections->str, offset);
}

const char *
form_text(const struct form_value *value, const struct form_unit *unit)
{
    const struct form_sections *sections = unit->sections;

    switch (value->form) {
    case FORM_STRING:
        return (const char *)value->bytes;
    case FORM_STRP:
        return text_at(sections->str, value->number);
    case FORM_LINE_STRP:
        return text_at(sections->line_str, value->number);
    case FORM_STRP_SUP: case FORM_GNU_STRP_ALT:
        return sections->alt != NULL
                   ? text_at(sections->alt->str, value->number)
                   : NULL;
    case FORM_STRX: case FORM_STRX1: case FORM_STRX2: case FORM_STRX3:
    case FORM_STRX4: case FORM_GNU_STR_INDEX:
        return text_by_index(unit, value->number);
    default:
        return NULL;
    }
}

bool
form_address(const struct form_value *value, const struct form_unit *unit,
             uint64_t *out_addr)
{
    struct cursor c;
    uint64_t addr;

    switch (value->form) {
    case FORM_ADDR:
        *out_addr = value->number;
        return true;
    case FORM_ADDRX: case FORM_ADDRX1: case FORM_ADDRX2: case FORM_ADDRX3:
    case FORM_ADDRX4: case FORM_GNU_ADDR_INDEX:
        if (value->number > UINT32_MAX)
            return false;
        c = cursor_at(unit->sections->addr,
                      unit->addr_base + value->number * unit->address_size);
        addr = cursor_unsigned(&c, unit->address_size);
        if (c.failed)
            return false;
        *out_addr = addr;
        return true;
    default:
        return false;
    }
}

bool
form_number(const struct form_value *value, uint64_t *out_number)
{
    switch (value->form) {
    case FORM_DATA1: case FORM_DATA2: case FORM_DATA4: case FORM_DATA8:
    case FORM_UDATA: case FORM_SDATA: case FORM_IMPLICIT_CONST:
    case FORM_SEC_OFFSET: case FORM_FLAG: case FORM_FLAG_PRESENT:
    case FORM_RNGLISTX:
        *out_number = value->number;
        return true;
    default:
        return false;
    }
}

bool
form_reference(const struct form_value *value, uint64_t unit_offset,
               uint64_t *out_offset, bool *out_is_alt)
{
    *out_is_alt = false;
    switch (value->form) {
    case FORM_REF1: case FORM_REF2: case FORM_REF4: case FORM_REF8:
    case FORM_REF_UDATA:
        *out_offset = unit_offset + value->number;
        return true;
    case FORM_REF_ADDR:
        *out_offset = value->number;
        return true;
    case FORM_GNU_REF_ALT: case FORM_REF_SUP4: case FORM_REF_SUP8:
        *out_offset = value->number;
        *out_is_alt = true;
        return true;
    default: /* A type unit's signature: no function lies there. */
        return false;
    }
}
