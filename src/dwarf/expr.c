/*
 * dwarf/expr.c - evaluate a DWARF expression.
 */
#include "dwarf/expr.h"

#include <errno.h>

#define EXPR_STACK_MAX 64
#define EXPR_STEPS_MAX 10000

enum {
    OP_ADDR = 0x03,
    OP_DEREF = 0x06,
    OP_CONST1U = 0x08,
    OP_CONST1S = 0x09,
    OP_CONST2U = 0x0a,
    OP_CONST2S = 0x0b,
    OP_CONST4U = 0x0c,
    OP_CONST4S = 0x0d,
    OP_CONST8U = 0x0e,
    OP_CONST8S = 0x0f,
    OP_CONSTU = 0x10,
    OP_CONSTS = 0x11,
    OP_DUP = 0x12,
    OP_DROP = 0x13,
    OP_OVER = 0x14,
    OP_PICK = 0x15,
    OP_SWAP = 0x16,
    OP_ROT = 0x17,
    OP_ABS = 0x19,
    OP_AND = 0x1a,
    OP_DIV = 0x1b,
    OP_MINUS = 0x1c,
    OP_MOD = 0x1d,
    OP_MUL = 0x1e,
    OP_NEG = 0x1f,
    OP_NOT = 0x20,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_UCONST = 0x23,
    OP_SHL = 0x24,
    OP_SHR = 0x25,
    OP_SHRA = 0x26,
    OP_XOR = 0x27,
    OP_BRA = 0x28,
    OP_EQ = 0x29,
    OP_GE = 0x2a,
    OP_GT = 0x2b,
    OP_LE = 0x2c,
    OP_LT = 0x2d,
    OP_NE = 0x2e,
    OP_SKIP = 0x2f,
    OP_LIT0 = 0x30,
    OP_LIT31 = 0x4f,
    OP_BREG0 = 0x70,
    OP_BREG31 = 0x8f,
    OP_BREGX = 0x92,
    OP_DEREF_SIZE = 0x94,
    OP_NOP = 0x96
};

struct machine {
    const struct expr_context *context;
    struct cursor c;
    uint64_t stack[EXPR_STACK_MAX];
    unsigned count;
    int error;
};

static void
push(struct machine *m, uint64_t value)
{
    if (m->count == EXPR_STACK_MAX)
        m->error = -EINVAL;
    else
        m->stack[m->count++] = value;
}

static uint64_t
pop(struct machine *m)
{
    if (m->count == 0) {
        m->error = -EINVAL;
        return 0;
    }
    return m->stack[--m->count];
}

/* Push the value `depth` below the top. */
static void
pick(struct machine *m, unsigned depth)
{
    if (depth >= m->count)
        m->error = -EINVAL;
    else
        push(m, m->stack[m->count - 1 - depth]);
}

static void
read_memory(struct machine *m, unsigned size)
{
    uint64_t addr = pop(m);
    uint64_t value = 0;

    if (size != 1 && size != 2 && size != 4 && size != 8)
        m->error = -EINVAL;
    if (m->error != 0)
        return;
    if (!m->context->read_memory(m->context->data, addr, size, &value))
        m->error = -EFAULT;
    push(m, value);
}

static void
read_register(struct machine *m, uint64_t reg, int64_t offset)
{
    uint64_t value = 0;

    if (reg > UINT32_MAX ||
        !m->context->read_register(m->context->data, (uint32_t)reg, &value))
        m->error = -EFAULT;
    push(m, value + (uint64_t)offset);
}

static void
jump(struct machine *m, bool taken)
{
    int64_t distance = cursor_signed(&m->c, 2);
    int64_t target = (int64_t)cursor_offset(&m->c) + distance;

    if (!taken || m->c.failed)
        return;
    if (target < 0 || target > m->c.end - m->c.start)
        m->error = -EINVAL;
    else
        m->c.at = m->c.start + target;
}

/* Two operands, one result; false if `op` is no such operation. */
static bool
run_binary(struct machine *m, uint8_t op)
{
    uint64_t b;
    uint64_t a;

    if (!((op >= OP_AND && op <= OP_MUL) || op == OP_OR || op == OP_PLUS ||
          (op >= OP_SHL && op <= OP_XOR) || (op >= OP_EQ && op <= OP_NE)))
        return false;
    b = pop(m);
    a = pop(m);
    switch (op) {
    case OP_AND: push(m, a & b); break;
    case OP_OR: push(m, a | b); break;
    case OP_XOR: push(m, a ^ b); break;
    case OP_PLUS: push(m, a + b); break;
    case OP_MINUS: push(m, a - b); break;
    case OP_MUL: push(m, a * b); break;
    case OP_SHL: push(m, b < 64 ? a << b : 0); break;
    case OP_SHR: push(m, b < 64 ? a >> b : 0); break;
    case OP_SHRA: push(m, (uint64_t)((int64_t)a >> (b < 64 ? b : 63))); break;
    case OP_EQ: push(m, a == b); break;
    case OP_NE: push(m, a != b); break;
    case OP_GE: push(m, (int64_t)a >= (int64_t)b); break;
    case OP_GT: push(m, (int64_t)a > (int64_t)b); break;
    case OP_LE: push(m, (int64_t)a <= (int64_t)b); break;
    case OP_LT: push(m, (int64_t)a < (int64_t)b); break;
    default: /* OP_DIV, OP_MOD */
        if (b == 0)
            m->error = -EINVAL;
        else if (op == OP_MOD)
            push(m, a % b);
        else
            push(m, b == UINT64_MAX ? 0 - a
                                    : (uint64_t)((int64_t)a / (int64_t)b));
    }
    return true;
}

/* Operations on the stack itself and on its top; false for others. */
static bool
run_stack(struct machine *m, uint8_t op)
{
    uint64_t a;
    uint64_t b;
    uint64_t c;

    switch (op) {
    case OP_DUP:
        pick(m, 0);
        return true;
    case OP_OVER:
        pick(m, 1);
        return true;
    case OP_PICK:
        pick(m, cursor_u8(&m->c));
        return true;
    case OP_DROP:
        (void)pop(m);
        return true;
    case OP_SWAP:
        a = pop(m);
        b = pop(m);
        push(m, a);
        push(m, b);
        return true;
    case OP_ROT:
        a = pop(m);
        b = pop(m);
        c = pop(m);
        push(m, a);
        push(m, c);
        push(m, b);
        return true;
    case OP_ABS:
        a = pop(m);
        push(m, (int64_t)a < 0 ? 0 - a : a);
        return true;
    case OP_NEG:
        push(m, 0 - pop(m));
        return true;
    case OP_NOT:
        push(m, ~pop(m));
        return true;
    case OP_PLUS_UCONST:
        a = pop(m);
        push(m, a + cursor_uleb(&m->c));
        return true;
    default:
        return false;
    }
}

/* Constants; false for others. */
static bool
run_constant(struct machine *m, uint8_t op)
{
    struct cursor *c = &m->c;

    if (op >= OP_LIT0 && op <= OP_LIT31)
        push(m, op - OP_LIT0);
    else if (op == OP_ADDR || op == OP_CONST8U || op == OP_CONST8S)
        push(m, cursor_u64(c));
    else if (op == OP_CONST1U)
        push(m, cursor_u8(c));
    else if (op == OP_CONST2U)
        push(m, cursor_u16(c));
    else if (op == OP_CONST4U)
        push(m, cursor_u32(c));
    else if (op == OP_CONST1S)
        push(m, (uint64_t)cursor_signed(c, 1));
    else if (op == OP_CONST2S)
        push(m, (uint64_t)cursor_signed(c, 2));
    else if (op == OP_CONST4S)
        push(m, (uint64_t)cursor_signed(c, 4));
    else if (op == OP_CONSTU)
        push(m, cursor_uleb(c));
    else if (op == OP_CONSTS)
        push(m, (uint64_t)cursor_sleb(c));
    else
        return false;
    return true;
}

static void
run_step(struct machine *m, uint8_t op)
{
    uint64_t reg;

    if (run_constant(m, op) || run_binary(m, op) || run_stack(m, op))
        return;
    if (op >= OP_BREG0 && op <= OP_BREG31) {
        read_register(m, (uint64_t)op - OP_BREG0, cursor_sleb(&m->c));
        return;
    }
    switch (op) {
    case OP_BREGX:
        reg = cursor_uleb(&m->c);
        read_register(m, reg, cursor_sleb(&m->c));
        break;
    case OP_DEREF:
        read_memory(m, sizeof(uint64_t));
        break;
    case OP_DEREF_SIZE:
        read_memory(m, cursor_u8(&m->c));
        break;
    case OP_BRA:
        jump(m, pop(m) != 0);
        break;
    case OP_SKIP:
        jump(m, true);
        break;
    case OP_NOP:
        break;
    default:
        m->error = -ENOTSUP;
    }
}

int
expr_evaluate(struct cursor_bytes expression,
              const struct expr_context *context, uint64_t *out_value)
{
    struct machine m;
    unsigned steps = 0;

    m.context = context;
    m.c = cursor_at(expression, 0);
    m.count = 0;
    m.error = 0;
    if (context->has_cfa)
        push(&m, context->cfa);
    while (m.c.at != m.c.end && m.error == 0) {
        if (steps++ == EXPR_STEPS_MAX)
            return -ELOOP;
        run_step(&m, cursor_u8(&m.c));
        if (m.c.failed)
            return -EINVAL;
    }
    if (m.error != 0)
        return m.error;
    if (m.count == 0)
        return -EINVAL;
    *out_value = m.stack[m.count - 1];
    return 0;
}
