/*
 * dwarf/cfi.c - how to undo one frame: the rules at a pc.
 */
#include "dwarf/cfi.h"

#include <errno.h>

/* States remembered inside one another. Compilers nest one; each takes half a
 * KiB of a stack that may be a small one. */
#define CFI_REMEMBER_MAX 4

enum {
    CFA_NOP = 0x00,
    CFA_SET_LOC = 0x01,
    CFA_ADVANCE_LOC1 = 0x02,
    CFA_ADVANCE_LOC2 = 0x03,
    CFA_ADVANCE_LOC4 = 0x04,
    CFA_OFFSET_EXTENDED = 0x05,
    CFA_RESTORE_EXTENDED = 0x06,
    CFA_UNDEFINED = 0x07,
    CFA_SAME_VALUE = 0x08,
    CFA_REGISTER = 0x09,
    CFA_REMEMBER_STATE = 0x0a,
    CFA_RESTORE_STATE = 0x0b,
    CFA_DEF_CFA = 0x0c,
    CFA_DEF_CFA_REGISTER = 0x0d,
    CFA_DEF_CFA_OFFSET = 0x0e,
    CFA_DEF_CFA_EXPRESSION = 0x0f,
    CFA_EXPRESSION = 0x10,
    CFA_OFFSET_EXTENDED_SF = 0x11,
    CFA_DEF_CFA_SF = 0x12,
    CFA_DEF_CFA_OFFSET_SF = 0x13,
    CFA_VAL_OFFSET = 0x14,
    CFA_VAL_OFFSET_SF = 0x15,
    CFA_VAL_EXPRESSION = 0x16,
    CFA_AARCH64_NEGATE_RA_STATE = 0x2d,
    CFA_GNU_ARGS_SIZE = 0x2e,
    CFA_GNU_NEGATIVE_OFFSET_EXTENDED = 0x2f,
    CFA_ADVANCE_LOC = 0x40, /* with the operand in the low six bits */
    CFA_OFFSET = 0x80,
    CFA_RESTORE = 0xc0
};

struct machine {
    const struct frame_entry *entry;
    struct cursor c;
    uint64_t c_addr;          /* of c.start */
    uint64_t loc;
    uint64_t pc;
    struct cfi_row *row;
    const struct cfi_rule *initial; /* NULL while the CIE runs */
    unsigned depth;
    struct cfi_row remembered[CFI_REMEMBER_MAX];
    int error;
};

static void
set_rule(struct machine *m, uint64_t reg, enum cfi_kind kind, int64_t offset)
{
    if (reg >= CFI_REGISTERS_MAX)
        return;
    m->row->rules[reg] =
        (struct cfi_rule){.kind = (uint8_t)kind, .u.offset = offset};
}

static int64_t
scale(const struct machine *m, int64_t factored)
{
    /* Unsigned, as hostile numbers may overflow. */
    return (int64_t)((uint64_t)factored * (uint64_t)m->entry->data_align);
}

static struct cursor_bytes
read_block(struct machine *m)
{
    uint64_t size = cursor_uleb(&m->c);
    struct cursor_bytes block = {.bytes = m->c.at, .size = (size_t)size};

    cursor_skip(&m->c, size);
    if (m->c.failed)
        block = (struct cursor_bytes){.bytes = NULL};
    return block;
}

static void
set_expression(struct machine *m, enum cfi_kind kind)
{
    uint64_t reg = cursor_uleb(&m->c);
    struct cursor_bytes block = read_block(m);

    if (reg < CFI_REGISTERS_MAX)
        m->row->rules[reg] = (struct cfi_rule){.kind = (uint8_t)kind,
                                               .size = (uint32_t)block.size,
                                               .u.bytes = block.bytes};
}

static void
restore_rule(struct machine *m, uint64_t reg)
{
    if (m->initial == NULL)
        m->error = -EINVAL; /* There is nothing yet to go back to. */
    else if (reg < CFI_REGISTERS_MAX)
        m->row->rules[reg] = m->initial[reg];
}

/* A new row begins `delta` units on. True if the wanted one ends there. */
static bool
advance(struct machine *m, uint64_t delta)
{
    uint64_t next = m->loc + delta * m->entry->code_align;

    if (next < m->loc) {
        m->error = -EINVAL;
        return true;
    }
    if (next > m->pc) {
        m->row->end = next < m->row->end ? next : m->row->end;
        return true;
    }
    m->loc = next;
    m->row->start = next;
    return false;
}

static void
remember(struct machine *m)
{
    if (m->depth == CFI_REMEMBER_MAX)
        m->error = -ENOTSUP;
    else
        m->remembered[m->depth++] = *m->row;
}

static void
restore_state(struct machine *m)
{
    uint64_t start = m->row->start;
    uint64_t end = m->row->end;

    if (m->depth == 0) {
        m->error = -EINVAL;
        return;
    }
    *m->row = m->remembered[--m->depth];
    m->row->start = start;
    m->row->end = end;
}

static void
define_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
    m->row->cfa_is_expression = false;
    m->row->cfa_register = (uint32_t)reg;
    m->row->cfa_offset = offset;
}

/* The instructions that move on. */
static bool
run_advance(struct machine *m, uint8_t op)
{
    struct cursor *c = &m->c;

    switch (op) {
    case CFA_SET_LOC: {
        uint64_t addr = m->c_addr + cursor_offset(c);
        uint64_t target =
            frame_pointer(c, m->entry->pointer_encoding, addr, 0);

        if (c->failed || target < m->loc) {
            m->error = -EINVAL;
            return true;
        }
        if (target > m->pc) {
            m->row->end = target < m->row->end ? target : m->row->end;
            return true;
        }
        m->loc = target;
        m->row->start = target;
        return false;
    }
    case CFA_ADVANCE_LOC1:
        return advance(m, cursor_u8(c));
    case CFA_ADVANCE_LOC2:
        return advance(m, cursor_u16(c));
    case CFA_ADVANCE_LOC4:
        return advance(m, cursor_u32(c));
    default:
        return advance(m, op & 0x3f);
    }
}

/* The instructions that say how the CFA is computed; false for others. */
static bool
run_define(struct machine *m, uint8_t op)
{
    struct cursor *c = &m->c;
    uint64_t reg;

    switch (op) {
    case CFA_DEF_CFA:
        reg = cursor_uleb(c);
        define_cfa(m, reg, (int64_t)cursor_uleb(c));
        return true;
    case CFA_DEF_CFA_SF:
        reg = cursor_uleb(c);
        define_cfa(m, reg, scale(m, cursor_sleb(c)));
        return true;
    case CFA_DEF_CFA_REGISTER:
        define_cfa(m, cursor_uleb(c), m->row->cfa_offset);
        return true;
    case CFA_DEF_CFA_OFFSET:
        m->row->cfa_offset = (int64_t)cursor_uleb(c);
        return true;
    case CFA_DEF_CFA_OFFSET_SF:
        m->row->cfa_offset = scale(m, cursor_sleb(c));
        return true;
    case CFA_DEF_CFA_EXPRESSION:
        m->row->cfa_bytes = read_block(m);
        m->row->cfa_is_expression = true;
        return true;
    default:
        return false;
    }
}

/* The instructions that say where a register is; unknown ones are errors. */
static void
run_rule(struct machine *m, uint8_t op)
{
    struct cursor *c = &m->c;
    uint64_t reg;

    switch (op) {
    case CFA_NOP:
        break;
    case CFA_OFFSET_EXTENDED:
        reg = cursor_uleb(c);
        set_rule(m, reg, CFI_OFFSET, scale(m, (int64_t)cursor_uleb(c)));
        break;
    case CFA_OFFSET_EXTENDED_SF:
        reg = cursor_uleb(c);
        set_rule(m, reg, CFI_OFFSET, scale(m, cursor_sleb(c)));
        break;
    case CFA_GNU_NEGATIVE_OFFSET_EXTENDED:
        reg = cursor_uleb(c);
        set_rule(m, reg, CFI_OFFSET,
                 scale(m, (int64_t)(0 - cursor_uleb(c))));
        break;
    case CFA_VAL_OFFSET:
        reg = cursor_uleb(c);
        set_rule(m, reg, CFI_VAL_OFFSET, scale(m, (int64_t)cursor_uleb(c)));
        break;
    case CFA_VAL_OFFSET_SF:
        reg = cursor_uleb(c);
        set_rule(m, reg, CFI_VAL_OFFSET, scale(m, cursor_sleb(c)));
        break;
    case CFA_RESTORE_EXTENDED:
        restore_rule(m, cursor_uleb(c));
        break;
    case CFA_UNDEFINED:
        set_rule(m, cursor_uleb(c), CFI_UNDEFINED, 0);
        break;
    case CFA_SAME_VALUE:
        set_rule(m, cursor_uleb(c), CFI_SAME, 0);
        break;
    case CFA_REGISTER:
        reg = cursor_uleb(c);
        set_rule(m, reg, CFI_REGISTER, (int64_t)cursor_uleb(c));
        break;
    case CFA_EXPRESSION:
    case CFA_VAL_EXPRESSION:
        set_expression(m, op == CFA_EXPRESSION ? CFI_EXPRESSION
                                               : CFI_VAL_EXPRESSION);
        break;
    case CFA_REMEMBER_STATE:
        remember(m);
        break;
    case CFA_RESTORE_STATE:
        restore_state(m);
        break;
    case CFA_AARCH64_NEGATE_RA_STATE:
        m->row->is_ra_signed = !m->row->is_ra_signed;
        break;
    case CFA_GNU_ARGS_SIZE: /* Of use to exceptions only. */
        (void)cursor_uleb(c);
        break;
    default:
        m->error = -ENOTSUP;
    }
}

/* Run to the end, or to the row that holds the pc. */
static int
run(struct machine *m, struct cursor_bytes instructions, uint64_t addr)
{
    m->c = cursor_at(instructions, 0);
    m->c_addr = addr;
    while (m->c.at != m->c.end && m->error == 0) {
        uint8_t op = cursor_u8(&m->c);
        uint8_t high = op & 0xc0;

        if (high == CFA_ADVANCE_LOC ||
            (op >= CFA_SET_LOC && op <= CFA_ADVANCE_LOC4)) {
            if (run_advance(m, op))
                break;
        } else if (high == CFA_OFFSET) {
            set_rule(m, op & 0x3f, CFI_OFFSET,
                     scale(m, (int64_t)cursor_uleb(&m->c)));
        } else if (high == CFA_RESTORE) {
            restore_rule(m, op & 0x3f);
        } else if (!run_define(m, op)) {
            run_rule(m, op);
        }
    }
    if (m->error == 0 && m->c.failed)
        m->error = -EINVAL;
    return m->error;
}

int
cfi_row_at(const struct frame_entry *entry, uint64_t pc,
           struct cfi_row *out_row)
{
    struct cfi_rule initial[CFI_REGISTERS_MAX];
    struct cfi_row row;
    struct machine m;

    memset(&row, 0, sizeof row);
    row.start = entry->start;
    row.end = entry->end;
    m.entry = entry;
    m.loc = entry->start;
    m.pc = pc;
    m.row = &row;
    m.initial = NULL;
    m.depth = 0;
    m.error = 0;
    if (run(&m, entry->common, entry->common_addr) != 0)
        return m.error;
    memcpy(initial, row.rules, sizeof initial);
    m.initial = initial;
    if (run(&m, entry->instructions, entry->instructions_addr) != 0)
        return m.error;
    *out_row = row;
    return 0;
}
