/*
 * dwarf/cfi.h - how to undo one frame: the rules at a pc.
 *
 * Runs the call frame instructions of an entry up to a pc. The result is a row:
 * how the canonical frame address (CFA, the stack pointer before the call) is
 * computed, and for each register where the caller's value is.
 *
 * All functions: Thread: any. Signal: yes. Locks: none. They allocate nothing.
 * Source: DWARF 5, sec. 6.4; DWARF for the Arm 64-bit Architecture, sec. 4.
 */
#ifndef DWARF_CFI_H
#define DWARF_CFI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "dwarf/frame.h"

/* Registers that unwinding needs, by DWARF number: all general ones of x86-64
 * (0..16) and aarch64 (0..31). Rules for others are read and dropped. */
#define CFI_REGISTERS_MAX 33

enum cfi_kind {
    CFI_UNSPECIFIED, /* no rule: by the ABI, unchanged if callee-saved */
    CFI_UNDEFINED,   /* the value is lost; of the return address: outermost */
    CFI_SAME,        /* unchanged */
    CFI_OFFSET,      /* in memory at CFA + offset */
    CFI_VAL_OFFSET,  /* is CFA + offset */
    CFI_REGISTER,    /* in register `offset` */
    CFI_EXPRESSION,  /* in memory at what `bytes` computes, CFA pushed */
    CFI_VAL_EXPRESSION /* is what `bytes` computes, CFA pushed */
};

struct cfi_rule {
    uint8_t kind;    /* enum cfi_kind */
    uint32_t size;   /* expressions: bytes */
    union {
        int64_t offset;
        const unsigned char *bytes;
    } u;
};

struct cfi_row {
    uint64_t start;          /* pcs [start, end) */
    uint64_t end;
    bool cfa_is_expression;  /* cfa_bytes, nothing pushed; else register */
    uint32_t cfa_register;
    int64_t cfa_offset;      /* CFA = register + offset */
    struct cursor_bytes cfa_bytes;
    bool is_ra_signed;       /* aarch64: the return address is authenticated */
    struct cfi_rule rules[CFI_REGISTERS_MAX];
};

/*
 * cfi_row_at - the rules at `pc`, which lies in `entry`.
 *
 * Returns 0; -EINVAL for malformed instructions; -ENOTSUP for unknown ones or
 * states remembered too deep.   Cost: O(instructions).
 */
int MUST_CHECK cfi_row_at(const struct frame_entry *entry, uint64_t pc,
                          struct cfi_row *out_row);

#endif
