/*
 * stack/unwind.c - from a module's unwind table to rules and registers.
 */
#include "stack/unwind.h"

#include <errno.h>
#include <string.h>
#include <ucontext.h>

#include "base/bits.h"
#include "os/page.h"
#include "stack/tables.h"

/* The unwind entry and the row at a place. */
struct row {
    struct frame_entry entry;
    struct cfi_row row;
};

/* ---- reading ---- */

/* Read a word of a stack, or of whatever an expression points at. */
static bool
read_word(struct bounds *bounds, uintptr_t addr, unsigned size,
          uintptr_t *out_value)
{
    struct bounds_range range = bounds->ranges[0];
    uint64_t value = 0;

    if (addr - range.low < range.high - range.low &&
        range.high - addr >= size) {
        memcpy(&value, (const void *)addr, size);
    } else if (page_read(&value, (const void *)addr, size) != size) {
        return false;
    }
    *out_value = (uintptr_t)value;
    return true;
}

/* The trampoline that a signal handler returns to, known by its code alone. */
static bool
is_trampoline(uintptr_t pc)
{
    unsigned char code[ARCH_SIGRETURN_BYTES];

    return page_read(code, (const void *)pc, sizeof(code)) == sizeof(code) &&
           arch_is_sigreturn(code);
}

static bool
find_row(uintptr_t place, struct row *row)
{
    struct frame_table table;

    return tables_find(place, &table) &&
           frame_find(&table, place, &row->entry) == 0 &&
           row->entry.return_register < ARCH_REGISTERS &&
           cfi_row_at(&row->entry, place, &row->row) == 0;
}

/* ---- the short rule ---- */

static bool
fold_memory(void *data, uint64_t addr, unsigned size, uint64_t *out_value)
{
    (void)data;
    (void)addr;
    (void)size;
    (void)out_value;
    return false;
}

/* The stack pointer is the one asked with; the pc, the place itself. */
static bool
fold_register(void *data, uint32_t reg, uint64_t *out_value)
{
    const uint64_t *values = data;

    if (reg == ARCH_REGISTER_SP)
        *out_value = values[0];
    else if (reg == ARCH_REGISTERS - 1 && ARCH_REGISTER_SP != reg)
        *out_value = values[1];
    else
        return false;
    return true;
}

/* An expression that is the stack pointer and a constant, as a PLT has it (at
 * one place its "which instruction" is one too). */
static bool
fold_expression(struct cursor_bytes bytes, uintptr_t pc, int64_t *out_offset)
{
    static const uint64_t bases[] = {0x100000, 0x7654320};
    int64_t offsets[2];

    for (unsigned i = 0; i < 2; i++) {
        uint64_t values[2] = {bases[i], pc};
        struct expr_context context = {.read_memory = fold_memory,
                                       .read_register = fold_register,
                                       .data = values};
        uint64_t value;

        if (expr_evaluate(bytes, &context, &value) != 0)
            return false;
        offsets[i] = (int64_t)(value - bases[i]);
    }
    *out_offset = offsets[0];
    return offsets[0] == offsets[1];
}

/* "bregN offset; deref", with N the frame pointer: gcc's way to say where a
 * realigned frame keeps its caller's stack pointer. */
static bool
is_fp_memory(struct cursor_bytes bytes, int64_t *out_offset)
{
    struct cursor c = cursor_of(bytes.bytes, bytes.size, 0);
    uint8_t op = cursor_u8(&c);
    int64_t offset = cursor_sleb(&c);

    *out_offset = offset;
    return op == 0x70 + ARCH_REGISTER_FP && cursor_u8(&c) == 0x06 &&
           !c.failed && cursor_left(&c) == 0;
}

/* "bregN 0", with N the frame pointer: the register lies at it. */
static bool
is_at_fp(const struct cfi_rule *rule)
{
    return rule->kind == CFI_EXPRESSION && rule->size == 2 &&
           rule->u.bytes[0] == 0x70 + ARCH_REGISTER_FP && rule->u.bytes[1] == 0;
}

static bool
is_field(int64_t bytes)
{
    return bytes >= 0 && bytes % 8 == 0 && bytes / 8 <= ROWCACHE_FIELD_MOST;
}

/* How the CFA is found; false if no short rule can say it. */
static bool
shorten_cfa(const struct cfi_row *row, uintptr_t pc, enum rowcache_kind *kind,
            int64_t *offset)
{
    if (!row->cfa_is_expression) {
        *offset = row->cfa_offset;
        *kind =
            row->cfa_register == ARCH_REGISTER_SP ? ROWCACHE_SP : ROWCACHE_FP;
        return (row->cfa_register == ARCH_REGISTER_SP ||
                row->cfa_register == ARCH_REGISTER_FP) &&
               is_field(*offset);
    }
    if (is_fp_memory(row->cfa_bytes, offset)) {
        *kind = ROWCACHE_FP_MEMORY;
        *offset = -*offset;
        return is_field(*offset) && is_at_fp(&row->rules[ARCH_REGISTER_FP]);
    }
    *kind = ROWCACHE_SP;
    return fold_expression(row->cfa_bytes, pc, offset) && is_field(*offset);
}

static uint32_t
shorten(const struct row *at, uintptr_t place)
{
    const struct cfi_row *row = &at->row;
    const struct cfi_rule *ra = &row->rules[at->entry.return_register];
    const struct cfi_rule *fp = &row->rules[ARCH_REGISTER_FP];
    const struct cfi_rule *sp = &row->rules[ARCH_REGISTER_SP];
    uint32_t complex = rowcache_rule(ROWCACHE_COMPLEX, 0, 0, false);
    enum rowcache_kind kind;
    int64_t cfa;
    int64_t fp_slot = 0;

    if (at->entry.is_signal)
        return is_trampoline(place + 1) || is_trampoline(place)
                   ? rowcache_rule(ROWCACHE_SIGNAL, 0, 0, false)
                   : complex;
    if (ra->kind == CFI_UNDEFINED)
        return rowcache_rule(ROWCACHE_END, 0, 0, false);
    if (ra->kind != CFI_OFFSET || !shorten_cfa(row, place, &kind, &cfa) ||
        (sp->kind != CFI_UNSPECIFIED &&
         !(sp->kind == CFI_VAL_OFFSET && sp->u.offset == 0)))
        return complex;
    if (kind != ROWCACHE_FP_MEMORY && fp->kind == CFI_OFFSET)
        fp_slot = -fp->u.offset;
    else if (kind != ROWCACHE_FP_MEMORY && fp->kind != CFI_UNSPECIFIED &&
             fp->kind != CFI_SAME && fp->kind != CFI_UNDEFINED)
        return complex;
    if (!is_field(fp_slot) || (fp->kind == CFI_OFFSET && fp_slot == 0))
        return complex;
    if (kind == ROWCACHE_SP && (cfa == 0 || fp_slot > cfa))
        return complex;
    if (ra->u.offset == -8)
        return rowcache_rule(kind, (uint32_t)(cfa / 8), (uint32_t)(fp_slot / 8),
                             true);
    if (fp_slot > 8 && ra->u.offset == 8 - fp_slot)
        return rowcache_rule(kind, (uint32_t)(cfa / 8), (uint32_t)(fp_slot / 8),
                             false);
    return complex;
}

NOINLINE uint32_t
unwind_resolve(uintptr_t place)
{
    uint32_t rule = rowcache_rule(ROWCACHE_NONE, 0, 0, false);
    struct row row;

    if (!find_row(place, &row)) {
        if (!is_trampoline(place + 1))
            return rule;
        rule = rowcache_rule(ROWCACHE_SIGNAL, 0, 0, false);
    } else {
        rule = shorten(&row, place);
    }
    rowcache_insert(place, rule);
    return rule;
}

/* ---- all registers ---- */

bool
unwind_signal(uintptr_t sp, struct bounds *bounds,
              struct arch_registers *out_registers)
{
    uintptr_t ucontext = sp + ARCH_SIGNAL_UCONTEXT;
    size_t size = offsetof(ucontext_t, uc_mcontext) +
                  sizeof(((ucontext_t *)0)->uc_mcontext);

    /* What is read of it lies before the vector registers. */
    if (ARCH_SIGNAL_UCONTEXT != 0)
        size = offsetof(ucontext_t, uc_mcontext) +
               sizeof(struct arch_registers) + 32;
    if (!bounds_find(bounds, sp) ||
        !bounds_extend(bounds, bits_align_up(ucontext + size, 8)))
        return false;
    arch_registers_read((const void *)ucontext, out_registers);
    return true;
}

struct step {
    const struct arch_registers *registers;
    struct bounds *bounds;
};

static bool
step_memory(void *data, uint64_t addr, unsigned size, uint64_t *out_value)
{
    const struct step *step = data;
    uintptr_t value;

    if (!read_word(step->bounds, (uintptr_t)addr, size, &value))
        return false;
    *out_value = value;
    return true;
}

static bool
step_register(void *data, uint32_t reg, uint64_t *out_value)
{
    const struct step *step = data;

    if (reg >= ARCH_REGISTERS)
        return false;
    *out_value = step->registers->value[reg];
    return true;
}

static bool
evaluate(struct step *step, struct cursor_bytes bytes, const uintptr_t *cfa,
         uintptr_t *out_value)
{
    struct expr_context context = {.read_memory = step_memory,
                                   .read_register = step_register,
                                   .data = step,
                                   .has_cfa = cfa != NULL,
                                   .cfa = cfa != NULL ? *cfa : 0};
    uint64_t value;

    if (expr_evaluate(bytes, &context, &value) != 0)
        return false;
    *out_value = (uintptr_t)value;
    return true;
}

/* The caller's value of one register. */
static bool
restore(struct step *step, const struct cfi_rule *rule, uintptr_t cfa,
        uintptr_t *value)
{
    struct cursor_bytes bytes = {.bytes = rule->u.bytes, .size = rule->size};
    uintptr_t addr = cfa + (uintptr_t)rule->u.offset;

    switch (rule->kind) {
    case CFI_OFFSET:
        return read_word(step->bounds, addr, sizeof(uintptr_t), value);
    case CFI_VAL_OFFSET:
        *value = addr;
        return true;
    case CFI_REGISTER:
        if (rule->u.offset < 0 || rule->u.offset >= ARCH_REGISTERS)
            return false;
        *value = step->registers->value[rule->u.offset];
        return true;
    case CFI_EXPRESSION:
        return evaluate(step, bytes, &cfa, &addr) &&
               read_word(step->bounds, addr, sizeof(uintptr_t), value);
    case CFI_VAL_EXPRESSION:
        return evaluate(step, bytes, &cfa, value);
    default: /* kept, or lost and then not needed */
        return true;
    }
}

bool
unwind_step(struct arch_registers *registers, bool *is_exact,
            struct bounds *bounds)
{
    uintptr_t place = registers->pc - (*is_exact ? 0 : 1);
    struct arch_registers next = *registers;
    struct step step = {.registers = registers, .bounds = bounds};
    struct row row;
    uintptr_t cfa;

    if (!bounds_find(bounds, registers->value[ARCH_REGISTER_SP]))
        return false;
    if (!find_row(place, &row)) {
        if (!is_trampoline(registers->pc) ||
            !unwind_signal(registers->value[ARCH_REGISTER_SP], bounds, &next))
            return false;
        *registers = next;
        *is_exact = true;
        return true;
    }
    if (row.row.rules[row.entry.return_register].kind == CFI_UNDEFINED)
        return false;
    if (row.row.cfa_is_expression) {
        if (!evaluate(&step, row.row.cfa_bytes, NULL, &cfa))
            return false;
    } else {
        if (row.row.cfa_register >= ARCH_REGISTERS)
            return false;
        cfa = registers->value[row.row.cfa_register] +
              (uintptr_t)row.row.cfa_offset;
    }
    next.value[ARCH_REGISTER_SP] = cfa;
    for (unsigned i = 0; i < ARCH_REGISTERS; i++) {
        if (!restore(&step, &row.row.rules[i], cfa, &next.value[i]))
            return false;
    }
    next.pc = arch_strip_tag(next.value[row.entry.return_register]);
    if (!row.entry.is_signal &&
        next.value[ARCH_REGISTER_SP] < registers->value[ARCH_REGISTER_SP])
        return false;
    *registers = next;
    *is_exact = row.entry.is_signal;
    return true;
}
