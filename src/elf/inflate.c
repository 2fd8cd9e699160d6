/*
 * elf/inflate.c - undo zlib's compression.
 *
 * Codes are read with a table of 2^10 entries for the short ones and the
 * canonical-code search, bit by bit, for the long.
 */
#include "elf/inflate.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define INFLATE_DISTANCES 32

static void
fill_bits(struct inflate *r)
{
    while (r->count <= 56) {
        uint64_t byte = 0;

        if (r->at < r->end)
            byte = *r->at++;
        else
            r->borrowed++;
        r->bits |= byte << r->count;
        r->count += 8;
    }
}

/* `n` bits, 0..32. */
static uint32_t
take_bits(struct inflate *r, unsigned n)
{
    uint32_t value;

    if (r->count < n)
        fill_bits(r);
    value = (uint32_t)(r->bits & ((UINT64_C(1) << n) - 1));
    r->bits >>= n;
    r->count -= n;
    /* More used than the stream had? */
    if (r->borrowed * 8 > r->count)
        r->failed = true;
    return value;
}

static uint16_t
reverse(uint32_t code, unsigned length)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < length; i++)
        result |= (code >> i & 1) << (length - 1 - i);
    return (uint16_t)result;
}

/* Make the code from the lengths of its symbols. Returns false if it has more
 * codes than there is room for; one with less is allowed, as deflate does for
 * a single distance. */
static bool
make_code(struct inflate_code *code, const uint8_t *lengths, unsigned n)
{
    uint16_t first[INFLATE_CODE_MAX + 2];
    uint16_t place[INFLATE_CODE_MAX + 2];
    int left = 1;

    memset(code, 0, sizeof *code);
    for (unsigned i = 0; i < n; i++)
        code->count[lengths[i]]++;
    code->count[0] = 0;
    first[1] = 0;
    place[1] = 0;
    for (unsigned length = 1; length <= INFLATE_CODE_MAX; length++) {
        left = left * 2 - code->count[length];
        if (left < 0)
            return false;
        first[length + 1] =
            (uint16_t)((first[length] + code->count[length]) * 2);
        place[length + 1] = (uint16_t)(place[length] + code->count[length]);
    }
    for (unsigned i = 0; i < n; i++) {
        unsigned length = lengths[i];
        uint16_t bits;

        if (length == 0)
            continue;
        code->symbols[place[length]++] = (uint16_t)i;
        bits = reverse(first[length]++, length);
        if (length > INFLATE_FAST_BITS)
            continue;
        for (uint32_t b = bits; b < 1u << INFLATE_FAST_BITS; b += 1u << length)
            code->fast[b] = (uint16_t)(i << 4 | length);
    }
    return true;
}

/* The next symbol; 0 and r->failed if its code is none. */
static unsigned
take_symbol(struct inflate *r, const struct inflate_code *code)
{
    uint16_t fast;
    int value = 0;
    int first = 0;
    int place = 0;

    if (r->count < INFLATE_CODE_MAX)
        fill_bits(r);
    fast = code->fast[r->bits & ((1u << INFLATE_FAST_BITS) - 1)];
    if (fast != 0) {
        (void)take_bits(r, fast & 15);
        return fast >> 4;
    }
    for (unsigned length = 1; length <= INFLATE_CODE_MAX; length++) {
        int count = code->count[length];

        value |= (int)take_bits(r, 1);
        if (value - count < first)
            return code->symbols[place + (value - first)];
        place += count;
        first = (first + count) * 2;
        value *= 2;
    }
    r->failed = true;
    return 0;
}

static void
copy_stored(struct inflate *r)
{
    uint32_t length;

    (void)take_bits(r, r->count % 8);
    length = take_bits(r, 16);
    if ((take_bits(r, 16) ^ 0xffff) != length || r->failed ||
        length > r->size - r->done) {
        r->failed = true;
        return;
    }
    while (length > 0 && r->count > 0) {
        r->target[r->done++] = (unsigned char)take_bits(r, 8);
        length--;
    }
    if (r->failed || length > (size_t)(r->end - r->at)) {
        r->failed = true;
        return;
    }
    memcpy(r->target + r->done, r->at, length);
    r->done += length;
    r->at += length;
}

static void
copy_back(struct inflate *r, size_t distance, size_t length)
{
    if (distance > r->done || length > r->size - r->done) {
        r->failed = true;
        return;
    }
    /* Byte by byte: the source may be what is being written. */
    for (size_t i = 0; i < length; i++, r->done++)
        r->target[r->done] = r->target[r->done - distance];
}

/* RFC 1951, sec. 3.2.5. */
static const uint16_t length_base[29] = {
    3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
    31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
static const uint8_t length_bits[29] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
                                        1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
                                        4, 4, 4, 4, 5, 5, 5, 5, 0};
static const uint16_t distance_base[30] = {
    1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
    33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
    1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
static const uint8_t distance_bits[30] = {0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                          4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                          9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

/* Room that one turn of expand_fast may need on either side. */
#define INFLATE_SOURCE_ROOM 16
#define INFLATE_TARGET_ROOM (258 + 8)

/* Copy in words where they do not overlap; there is room for a whole one. */
static inline void
copy_fast(unsigned char *to, size_t distance, size_t length)
{
    const unsigned char *from = to - distance;
    unsigned char *end = to + length;

    if (distance < sizeof(uint64_t)) {
        while (to < end)
            *to++ = *from++;
        return;
    }
    for (; to < end; to += sizeof(uint64_t), from += sizeof(uint64_t))
        memcpy(to, from, sizeof(uint64_t));
}

/*
 * expand_block away from both ends of the buffers, where nothing has to be
 * asked twice: a turn uses at most 48 bits, and 56 are at hand after a fill.
 * Stops before whatever it does not handle: a long code, the end of the block,
 * an error; and where as much is there as is wanted.
 */
static void
expand_fast(struct inflate *r, const struct inflate_code *literals,
            const struct inflate_code *distances)
{
    const uint32_t mask = (1u << INFLATE_FAST_BITS) - 1;
    uint64_t bits = r->bits;
    unsigned count = r->count;
    size_t limit =
        r->size < INFLATE_TARGET_ROOM ? 0 : r->size - INFLATE_TARGET_ROOM + 1;

    if (r->stop < limit)
        limit = r->stop;
    while (r->end - r->at >= INFLATE_SOURCE_ROOM && r->done < limit) {
        unsigned symbol, used, more, d;
        size_t length, distance;
        uint64_t word;

        memcpy(&word, r->at, sizeof(word));
        bits |= le64toh(word) << count;
        r->at += (63 - count) >> 3;
        count |= 56;
        d = literals->fast[bits & mask];
        symbol = d >> 4;
        used = d & 15;
        if (used == 0 || symbol == 256 || symbol > 285)
            break;
        if (symbol < 256) {
            r->target[r->done++] = (unsigned char)symbol;
            bits >>= used;
            count -= used;
            continue;
        }
        more = length_bits[symbol - 257];
        length =
            length_base[symbol - 257] + (bits >> used & ((1u << more) - 1));
        used += more;
        d = distances->fast[bits >> used & mask];
        if ((d & 15) == 0 || d >> 4 >= 30)
            break;
        used += d & 15;
        more = distance_bits[d >> 4];
        distance = distance_base[d >> 4] + (bits >> used & ((1u << more) - 1));
        if (distance > r->done)
            break;
        used += more;
        bits >>= used;
        count -= used;
        copy_fast(r->target + r->done, distance, length);
        r->done += length;
    }
    /* What was loaded past `count` is not taken yet. */
    r->bits = count < 64 ? bits & ((UINT64_C(1) << count) - 1) : bits;
    r->count = count;
}

/* Expand until the end of the block, or as far as is wanted. */
static void
expand_block(struct inflate *r)
{
    const struct inflate_code *distances = &r->distances;

    while (!r->failed && r->done < r->stop) {
        unsigned symbol;
        size_t length;
        unsigned d;

        expand_fast(r, &r->literals, distances);
        if (r->done >= r->stop)
            return;
        symbol = take_symbol(r, &r->literals);
        if (r->failed || symbol == 256) {
            r->in_block = false;
            return;
        }
        if (symbol < 256) {
            if (r->done == r->size)
                r->failed = true;
            else
                r->target[r->done++] = (unsigned char)symbol;
            continue;
        }
        symbol -= 257;
        if (symbol >= 29) {
            r->failed = true;
            return;
        }
        length = length_base[symbol] + take_bits(r, length_bits[symbol]);
        d = take_symbol(r, distances);
        if (r->failed || d >= 30) {
            r->failed = true;
            return;
        }
        copy_back(r, distance_base[d] + take_bits(r, distance_bits[d]), length);
    }
}

/* The two codes of a block that brings its own. */
static bool
read_codes(struct inflate *r, struct inflate_code *literals,
           struct inflate_code *distances)
{
    static const uint8_t order[19] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                      11, 4,  12, 3, 13, 2, 14, 1, 15};
    uint8_t lengths[INFLATE_LITERALS + INFLATE_DISTANCES] = {0};
    unsigned literal_count = take_bits(r, 5) + 257;
    unsigned distance_count = take_bits(r, 5) + 1;
    unsigned order_count = take_bits(r, 4) + 4;
    unsigned i = 0;

    if (literal_count > 286 || distance_count > 30)
        return false;
    for (; i < order_count; i++)
        lengths[order[i]] = (uint8_t)take_bits(r, 3);
    if (!make_code(literals, lengths, 19))
        return false;
    memset(lengths, 0, sizeof lengths);
    for (i = 0; i < literal_count + distance_count && !r->failed;) {
        unsigned symbol = take_symbol(r, literals);
        unsigned repeat = 1;
        uint8_t value = (uint8_t)symbol;

        if (symbol >= 16) {
            if (symbol == 16 && i == 0)
                return false;
            value = symbol == 16 ? lengths[i - 1] : 0;
            repeat = symbol == 16   ? 3 + take_bits(r, 2)
                     : symbol == 17 ? 3 + take_bits(r, 3)
                                    : 11 + take_bits(r, 7);
        }
        if (repeat > literal_count + distance_count - i)
            return false;
        while (repeat-- > 0)
            lengths[i++] = value;
    }
    return !r->failed && lengths[256] != 0 &&
           make_code(literals, lengths, literal_count) &&
           make_code(distances, lengths + literal_count, distance_count);
}

static void
make_fixed_codes(struct inflate_code *literals, struct inflate_code *distances)
{
    uint8_t lengths[INFLATE_LITERALS];

    for (unsigned i = 0; i < INFLATE_LITERALS; i++)
        lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    (void)make_code(literals, lengths, INFLATE_LITERALS); /* It is complete. */
    memset(lengths, 5, 30);
    (void)make_code(distances, lengths, 30);
}

/* Adler-32, RFC 1950 sec. 9; 5552 is how many bytes cannot overflow. */
static uint32_t
checksum(const unsigned char *bytes, size_t n)
{
    uint32_t a = 1;
    uint32_t b = 0;

    while (n > 0) {
        size_t piece = n < 5552 ? n : 5552;

        n -= piece;
        while (piece-- > 0) {
            a += *bytes++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

/* The beginning of the next block; a stored one is short, and copied whole. */
static void
open_block(struct inflate *r)
{
    unsigned type;

    r->is_last = take_bits(r, 1) != 0;
    type = take_bits(r, 2);
    if (r->failed || type == 3) {
        r->failed = true;
    } else if (type == 0) {
        copy_stored(r);
    } else {
        if (type == 1)
            make_fixed_codes(&r->literals, &r->distances);
        else if (!read_codes(r, &r->literals, &r->distances))
            r->failed = true;
        r->in_block = true;
    }
}

/* Behind the last block: the checksum of all. */
static void
close_stream(struct inflate *r)
{
    uint32_t sum;

    (void)take_bits(r, r->count % 8);
    sum = take_bits(r, 8) << 24;
    sum |= take_bits(r, 8) << 16;
    sum |= take_bits(r, 8) << 8;
    sum |= take_bits(r, 8);
    if (r->failed || r->done != r->size || sum != checksum(r->target, r->size))
        r->failed = true;
    r->is_whole = !r->failed;
}

int
inflate_begin(struct inflate *stream, const void *source, size_t source_size,
              void *target, size_t target_size)
{
    const unsigned char *bytes = source;

    memset(stream, 0, sizeof *stream);
    stream->failed = true;
    if (source_size < 6 || (bytes[0] & 15) != 8 || (bytes[1] & 0x20) != 0 ||
        (bytes[0] * 256 + bytes[1]) % 31 != 0)
        return -EINVAL;
    stream->at = bytes + 2;
    stream->end = bytes + source_size;
    stream->target = target;
    stream->size = target_size;
    stream->failed = false;
    return 0;
}

int
inflate_upto(struct inflate *stream, size_t wanted)
{
    /* Behind the last byte there are the end of its block and a checksum. */
    stream->stop = wanted < stream->size ? wanted : SIZE_MAX;
    while (!stream->failed && !stream->is_whole &&
           stream->done < stream->stop) {
        if (stream->in_block)
            expand_block(stream);
        else if (stream->is_last)
            close_stream(stream);
        else
            open_block(stream);
    }
    return stream->failed ? -EINVAL : 0;
}

int
inflate_bytes(const void *source, size_t source_size, void *target,
              size_t target_size)
{
    struct inflate stream;
    int error =
        inflate_begin(&stream, source, source_size, target, target_size);

    return error != 0 ? error : inflate_upto(&stream, target_size);
}
