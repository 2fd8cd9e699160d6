/*
 * dwarf/expr.h - evaluate a DWARF expression.
 *
 * What unwinding needs: arithmetic, memory, registers, jumps. Expressions for
 * variables' values in pieces, of other threads or objects are refused.
 *
 * Source: DWARF 5, sec. 2.5.
 */
#ifndef DWARF_EXPR_H
#define DWARF_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/cursor.h"

/* Where an expression gets its operands. Each function returns false, and
 * leaves *out_value, if there is no such value: evaluation then fails. */
struct expr_context {
    bool (*read_memory)(void *data, uint64_t addr, unsigned size,
                        uint64_t *out_value); /* size: 1, 2, 4 or 8 bytes */
    bool (*read_register)(void *data, uint32_t reg, uint64_t *out_value);
    void *data;
    bool has_cfa;    /* `cfa` is pushed before the first operation */
    uint64_t cfa;
};

/*
 * expr_evaluate - the value that `expression` leaves on top of its stack.
 *
 * Returns 0; -EINVAL if it is malformed or leaves nothing, -ENOTSUP for an
 * operation that is not known here, -EFAULT if an operand cannot be read,
 * -ELOOP if it runs too long.
 *
 * Thread: any.   Signal: yes.   Locks: none.   Cost: bounded.
 */
int MUST_CHECK expr_evaluate(struct cursor_bytes expression,
                             const struct expr_context *context,
                             uint64_t *out_value);

#endif
