/*
 * meta/buffer.h - bytes that grow at the end: a text or file being made.
 *
 * A failure to grow is remembered (`failed`), what was there stays, and later
 * additions are dropped, so that a writer may check once at the end. Not
 * locked: its owner is.
 */
#ifndef META_BUFFER_H
#define META_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct buffer {
    char *bytes;     /* always terminated by a NUL that is not counted */
    size_t count;
    size_t capacity;
    bool failed;     /* something did not fit */
    /* Where what there is can go before it becomes too much; or NULL. */
    void (*drain)(const char *bytes, size_t n, void *context);
    void *drain_context;
};

#define BUFFER_INIT {.bytes = NULL, .count = 0, .capacity = 0, .failed = false}

/* So much is kept until it goes to `drain`. */
#define BUFFER_DRAIN_SIZE ((size_t)1 << 20)

void buffer_add(struct buffer *buffer, const void *bytes, size_t n);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_char(struct buffer *buffer, char c);

/* buffer_number - `value` in decimal digits: what buffer_print makes of %lu, in
 * a tenth of the time. */
void buffer_number(struct buffer *buffer, uint64_t value);

/* buffer_print - as format_text prints. */
void buffer_print(struct buffer *buffer, const char *format, ...)
    PRINTF_LIKE(2, 3);
void buffer_print_v(struct buffer *buffer, const char *format, va_list values)
    PRINTF_LIKE(2, 0);

/* buffer_pad - blanks until the current line has `column` bytes. */
void buffer_pad(struct buffer *buffer, size_t column);

/* buffer_drain - where there is a `drain` and much to give, give it all and be
 * empty. Whoever makes a document calls it where nobody looks back. */
void buffer_drain(struct buffer *buffer);

/* buffer_clear - forget the bytes, keep the memory, forget a failure. */
void buffer_clear(struct buffer *buffer);
void buffer_fini(struct buffer *buffer);

#endif
