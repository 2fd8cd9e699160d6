/*
 * meta/buffer.c - bytes that grow at the end: a text or file being made.
 *
 * The capacity is the mapping's size and always leaves room for the NUL.
 */
#include "meta/buffer.h"

#include <string.h>

#include "base/bits.h"
#include "base/format.h"
#include "meta/meta.h"

#define FIRST_SIZE 4096

/* has_room - make room for `n` more bytes and the NUL; false, and `failed`
 * set, if that cannot be. */
static bool
has_room(struct buffer *buffer, size_t n)
{
    size_t need;
    size_t capacity = buffer->capacity ? buffer->capacity : FIRST_SIZE;
    char *bytes;

    if (buffer->failed)
        return false;
    /* Nearly always; count is under the capacity, but for 0. */
    if (n < buffer->capacity - buffer->count)
        return true;
    buffer->failed = true; /* until it went well */
    if (!bits_try_add(buffer->count, n, &need) || !bits_try_add(need, 1, &need))
        return false;
    while (capacity < need) {
        if (!bits_try_mul(capacity, 2, &capacity))
            return false;
    }
    if (capacity != buffer->capacity) {
        if (buffer->bytes == NULL)
            bytes = meta_map(capacity);
        else
            bytes = meta_remap(buffer->bytes, buffer->capacity, capacity);
        if (bytes == NULL)
            return false;
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    buffer->failed = false;
    return true;
}

void
buffer_add(struct buffer *buffer, const void *bytes, size_t n)
{
    if (!has_room(buffer, n))
        return;
    if (n > 0)
        memcpy(buffer->bytes + buffer->count, bytes, n);
    buffer->count += n;
    buffer->bytes[buffer->count] = '\0';
}

void
buffer_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void
buffer_char(struct buffer *buffer, char c)
{
    if (!has_room(buffer, 1))
        return;
    buffer->bytes[buffer->count++] = c;
    buffer->bytes[buffer->count] = '\0';
}

void
buffer_number(struct buffer *buffer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buffer_add(buffer, digits + at, sizeof(digits) - at);
}

void
buffer_print(struct buffer *buffer, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    buffer_print_v(buffer, format, values);
    va_end(values);
}

/* Print into the room there is; if it was not enough, the length is known now:
 * make room and print again. */
void
buffer_print_v(struct buffer *buffer, const char *format, va_list values)
{
    size_t room;
    size_t length;
    va_list again;

    if (!has_room(buffer, 0))
        return;
    room = buffer->capacity - buffer->count;
    va_copy(again, values);
    length = format_text_v(buffer->bytes + buffer->count, room, format, values);
    if (length >= room) {
        /* What did not fit is not kept in part. */
        buffer->bytes[buffer->count] = '\0';
        if (!has_room(buffer, length)) {
            va_end(again);
            return;
        }
        (void)format_text_v(buffer->bytes + buffer->count, length + 1, format,
                            again);
    }
    va_end(again);
    buffer->count += length;
}

void
buffer_pad(struct buffer *buffer, size_t column)
{
    size_t width = 0;

    while (width < buffer->count &&
           buffer->bytes[buffer->count - 1 - width] != '\n')
        width++;
    if (width >= column || !has_room(buffer, column - width))
        return;
    memset(buffer->bytes + buffer->count, ' ', column - width);
    buffer->count += column - width;
    buffer->bytes[buffer->count] = '\0';
}

void
buffer_drain(struct buffer *buffer)
{
    if (buffer->drain == NULL || buffer->count < BUFFER_DRAIN_SIZE)
        return;
    buffer->drain(buffer->bytes, buffer->count, buffer->drain_context);
    buffer->count = 0;
    buffer->bytes[0] = '\0';
}

void
buffer_clear(struct buffer *buffer)
{
    buffer->count = 0;
    buffer->failed = false;
    if (buffer->bytes != NULL)
        buffer->bytes[0] = '\0';
}

void
buffer_fini(struct buffer *buffer)
{
    if (buffer->bytes != NULL)
        meta_unmap(buffer->bytes, buffer->capacity);
    buffer->bytes = NULL;
    buffer->count = 0;
    buffer->capacity = 0;
    buffer->failed = false;
}
