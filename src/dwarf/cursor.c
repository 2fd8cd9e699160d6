/*
 * dwarf/cursor.c - a bounded reader of bytes.
 */
#include "dwarf/cursor.h"

uint64_t
cursor_unsigned(struct cursor *c, unsigned size)
{
    switch (size) {
    case 1:
        return cursor_u8(c);
    case 2:
        return cursor_u16(c);
    case 3: {
        uint64_t low = cursor_u8(c);
        uint64_t middle = cursor_u8(c);
        uint64_t high = cursor_u8(c);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        return low | middle << 8 | high << 16;
#else
        return low << 16 | middle << 8 | high;
#endif
    }
    case 4:
        return cursor_u32(c);
    case 8:
        return cursor_u64(c);
    default:
        cursor_fail(c);
        return 0;
    }
}

int64_t
cursor_signed(struct cursor *c, unsigned size)
{
    uint64_t value = cursor_unsigned(c, size);
    unsigned unused = size > 0 && size < 8 ? 64 - 8 * size : 0;

    return (int64_t)(value << unused) >> unused;
}

uint64_t
cursor_uleb_long(struct cursor *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = cursor_u8(c);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return value;
}

int64_t
cursor_sleb(struct cursor *c)
{
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t byte;

    do {
        byte = cursor_u8(c);
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    if (shift < 64 && (byte & 0x40))
        value |= ~UINT64_C(0) << shift;
    return (int64_t)value;
}

uint64_t
cursor_length(struct cursor *c, bool *out_is_64)
{
    uint64_t length = cursor_u32(c);

    *out_is_64 = length == 0xffffffff;
    if (*out_is_64)
        return cursor_u64(c);
    if (length >= 0xfffffff0) { /* Reserved. */
        cursor_fail(c);
        return 0;
    }
    return length;
}

const char *
cursor_text(struct cursor *c)
{
    const char *text = (const char *)c->at;
    const unsigned char *end = memchr(c->at, 0, cursor_left(c));

    if (end == NULL) {
        cursor_fail(c);
        return NULL;
    }
    c->at = end + 1;
    return text;
}
