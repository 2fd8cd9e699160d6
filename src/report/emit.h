/*
 * report/emit.h - JSON, one value after the other.
 *
 * Keeps count of nesting, commas and indentation, so that whoever writes a
 * document says only what is in it. An object or list opened as compact, and
 * all in it, stands on one line.
 * Source: RFC 8259.
 *
 * Thread: owner.   Signal: yes.   Locks: none.
 */
#ifndef REPORT_EMIT_H
#define REPORT_EMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "meta/buffer.h"

#define EMIT_DEPTH_MAX 16

struct emit {
    struct buffer *out;
    unsigned depth;             /* objects and lists open, < EMIT_DEPTH_MAX */
    unsigned compact;           /* depth of the outermost compact one, or 0 */
    char close[EMIT_DEPTH_MAX]; /* what closes each */
    bool has_items[EMIT_DEPTH_MAX];
};

void emit_begin(struct emit *emit, struct buffer *out);

/* emit_object, emit_list - open one; key: NULL in a list or at the top. */
void emit_object(struct emit *emit, const char *key);
void emit_list(struct emit *emit, const char *key);

/* emit_object_compact, emit_list_compact - likewise, on one line. */
void emit_object_compact(struct emit *emit, const char *key);
void emit_list_compact(struct emit *emit, const char *key);

/* emit_close - close what was opened last. */
void emit_close(struct emit *emit);

/* emit_end - close what is open and end the document. */
void emit_end(struct emit *emit);

/* emit_text - a string; NULL gives null. A byte that is not part of valid
 * UTF-8 becomes the character of its value (\u00XX). */
void emit_text(struct emit *emit, const char *key, const char *text);

/* emit_raw - `n` bytes that are JSON already: an object, a list, a value. */
void emit_raw(struct emit *emit, const char *key, const char *json, size_t n);

void emit_number(struct emit *emit, const char *key, uint64_t value);
void emit_signed(struct emit *emit, const char *key, int64_t value);
void emit_bool(struct emit *emit, const char *key, bool value);

/* emit_address - "0x7f0012345678", a string: JSON's numbers lose bits. */
void emit_address(struct emit *emit, const char *key, uint64_t addr);

#endif
