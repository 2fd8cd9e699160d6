/*
 * report/hexrows.h - bytes of memory as rows of hexadecimal and text.
 *
 * Thread: any. Signal: yes. Locks: none.
 */
#ifndef REPORT_HEXROWS_H
#define REPORT_HEXROWS_H

#include <stddef.h>
#include <stdint.h>

#include "meta/buffer.h"

struct hexrows {
    uintptr_t addr; /* of the first byte */
    const uint8_t *bytes;
    size_t count;     /* bytes */
    uint64_t damaged; /* bit i: mark bytes[i]; of the first 64 */
    uintptr_t start;  /* a bar stands before this address, ... */
    uintptr_t end;    /* ... and before this one; 0: none */
};

/* hexrows_add - rows of 16 bytes on multiples of 16, after `indent` blanks;
 * under a row with damage a row of ^^. */
void hexrows_add(struct buffer *out, const struct hexrows *rows,
                 unsigned indent);

#endif
