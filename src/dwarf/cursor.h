/*
 * dwarf/cursor.h - a bounded reader of bytes.
 *
 * A read past the end, and anything malformed, gives 0 and sets `failed`, which
 * stays set; so a decoder may read a whole structure and ask once. Numbers are
 * in the byte order of this CPU, unaligned.
 *
 * All functions: Thread: owner. Signal: yes. Locks: none.
 * Source: DWARF 5, sec. 7.4 to 7.6 (formats, LEB128, initial lengths).
 */
#ifndef DWARF_CURSOR_H
#define DWARF_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

/* Some bytes: a section, a block. NULL and 0 where there are none. */
struct cursor_bytes {
    const unsigned char *bytes;
    size_t size;
};

struct cursor {
    const unsigned char *start;
    const unsigned char *at;
    const unsigned char *end;
    bool failed;
};

/* cursor_of - a cursor at byte `offset` of `n` bytes; failed if outside. */
static inline struct cursor
cursor_of(const void *bytes, size_t n, uint64_t offset)
{
    const unsigned char *start = bytes;
    bool failed = offset > n;
    struct cursor c = {start, start + (failed ? n : (size_t)offset), start + n,
                       failed};

    return c;
}

/* cursor_at - cursor_of some bytes. */
static inline struct cursor
cursor_at(struct cursor_bytes bytes, uint64_t offset)
{
    return cursor_of(bytes.bytes != NULL ? bytes.bytes
                                         : (const unsigned char *)"",
                     bytes.bytes != NULL ? bytes.size : 0, offset);
}

/* cursor_left - bytes not yet read. */
static inline size_t
cursor_left(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

/* cursor_offset - bytes from the start to here. */
static inline uint64_t
cursor_offset(const struct cursor *c)
{
    return (uint64_t)(c->at - c->start);
}

/* cursor_fail - nothing more can be read. */
static inline void
cursor_fail(struct cursor *c)
{
    c->failed = true;
    c->at = c->end;
}

static inline void
cursor_skip(struct cursor *c, uint64_t n)
{
    if (UNLIKELY(n > cursor_left(c)))
        cursor_fail(c);
    else
        c->at += n;
}

/* cursor_limit - let it end `n` bytes from here; failed if there are less. */
static inline void
cursor_limit(struct cursor *c, uint64_t n)
{
    if (n > cursor_left(c))
        cursor_fail(c);
    else
        c->end = c->at + n;
}

static inline uint8_t
cursor_u8(struct cursor *c)
{
    if (UNLIKELY(c->at == c->end)) {
        c->failed = true;
        return 0;
    }
    return *c->at++;
}

static inline uint16_t
cursor_u16(struct cursor *c)
{
    uint16_t value;

    if (UNLIKELY(cursor_left(c) < sizeof value)) {
        cursor_fail(c);
        return 0;
    }
    memcpy(&value, c->at, sizeof value);
    c->at += sizeof value;
    return value;
}

static inline uint32_t
cursor_u32(struct cursor *c)
{
    uint32_t value;

    if (UNLIKELY(cursor_left(c) < sizeof value)) {
        cursor_fail(c);
        return 0;
    }
    memcpy(&value, c->at, sizeof value);
    c->at += sizeof value;
    return value;
}

static inline uint64_t
cursor_u64(struct cursor *c)
{
    uint64_t value;

    if (UNLIKELY(cursor_left(c) < sizeof value)) {
        cursor_fail(c);
        return 0;
    }
    memcpy(&value, c->at, sizeof value);
    c->at += sizeof value;
    return value;
}

/* cursor_unsigned - a number of 1, 2, 3, 4 or 8 bytes; failed for others. */
uint64_t cursor_unsigned(struct cursor *c, unsigned size);

/* cursor_signed - the same, its sign extended; 1, 2, 4 or 8 bytes. */
int64_t cursor_signed(struct cursor *c, unsigned size);

uint64_t cursor_uleb_long(struct cursor *c);

/* cursor_uleb - an unsigned LEB128; bits past the 64th are lost. */
static inline uint64_t
cursor_uleb(struct cursor *c)
{
    if (LIKELY(c->at != c->end && *c->at < 0x80))
        return *c->at++;
    return cursor_uleb_long(c);
}

/* cursor_sleb - a signed LEB128. */
int64_t cursor_sleb(struct cursor *c);

/* cursor_length - an initial length; *out_is_64 says which format. The length
 * may be more than what is left. */
uint64_t cursor_length(struct cursor *c, bool *out_is_64);

/* cursor_word - an offset: 4 bytes, or 8 in the 64-bit format. */
static inline uint64_t
cursor_word(struct cursor *c, bool is_64)
{
    return is_64 ? cursor_u64(c) : cursor_u32(c);
}

/* cursor_text - a terminated text; NULL if its end is missing. */
const char *cursor_text(struct cursor *c);

#endif
