/*
 * report/gzip.c - bytes become a gzip file.
 *
 * One block with the fixed codes. For each place the last one with the same
 * hash of four bytes is tried, and no other: profiles repeat themselves soon.
 */
#include "report/gzip.h"

#include <stdint.h>
#include <string.h>

#include "base/bits.h"
#include "base/crc.h"
#include "meta/meta.h"

#define HASH_BITS 15u
#define WINDOW 32768u
#define MATCH_MIN 4u
#define MATCH_MAX 258u
#define END_OF_BLOCK 256u

struct packer {
    struct buffer *out;
    uint64_t bits; /* not yet written, the first one lowest */
    unsigned count;
};

static void
put_bits(struct packer *packer, uint32_t value, unsigned count)
{
    packer->bits |= (uint64_t)value << packer->count;
    packer->count += count;
    while (packer->count >= 8) {
        buffer_char(packer->out, (char)(packer->bits & 0xff));
        packer->bits >>= 8;
        packer->count -= 8;
    }
}

/* Codes are written from their highest bit on. */
static void
put_code(struct packer *packer, uint32_t code, unsigned count)
{
    uint32_t turned = 0;

    for (unsigned i = 0; i < count; i++)
        turned |= (code >> i & 1) << (count - 1 - i);
    put_bits(packer, turned, count);
}

/* A literal byte, the end, or a length (RFC 1951, sec. 3.2.6). */
static void
put_symbol(struct packer *packer, uint32_t symbol)
{
    if (symbol < 144)
        put_code(packer, 0x30 + symbol, 8);
    else if (symbol < 256)
        put_code(packer, 0x190 + symbol - 144, 9);
    else if (symbol < 280)
        put_code(packer, symbol - 256, 7);
    else
        put_code(packer, 0xc0 + symbol - 280, 8);
}

/* Groups of 4 codes for a length, of 2 for a distance, and as many extra bits
 * more each: `value` counts from 0. */
static uint32_t
split(uint32_t value, unsigned log2_group, unsigned *out_extra,
      uint32_t *out_rest)
{
    unsigned top;

    if (value < (2u << log2_group)) {
        *out_extra = 0;
        *out_rest = 0;
        return value;
    }
    top = bits_log2_floor(value);
    *out_extra = top - log2_group;
    *out_rest = value & ((1u << *out_extra) - 1);
    return ((top - log2_group) << log2_group) + (value >> *out_extra);
}

static void
put_match(struct packer *packer, uint32_t length, uint32_t distance)
{
    unsigned extra;
    uint32_t rest;
    uint32_t code;

    if (length == MATCH_MAX) {
        put_symbol(packer, 285);
    } else {
        code = split(length - 3, 2, &extra, &rest);
        put_symbol(packer, 257 + code);
        put_bits(packer, rest, extra);
    }
    code = split(distance - 1, 1, &extra, &rest);
    put_code(packer, code, 5);
    put_bits(packer, rest, extra);
}

static uint32_t
hash_at(const unsigned char *p)
{
    uint32_t word;

    memcpy(&word, p, sizeof(word));
    return (word * 0x9e3779b1u) >> (32 - HASH_BITS);
}

static uint32_t
match_length(const unsigned char *a, const unsigned char *b, size_t most)
{
    uint32_t n = 0;

    if (most > MATCH_MAX)
        most = MATCH_MAX;
    while (n < most && a[n] == b[n])
        n++;
    return n;
}

/* heads: 1 + the last place of each hash. */
static void
deflate(struct packer *packer, const unsigned char *bytes, size_t n,
        size_t *heads)
{
    size_t i = 0;

    while (i < n) {
        uint32_t length = 0;
        size_t before = 0;

        if (n - i >= MATCH_MIN) {
            size_t *head = &heads[hash_at(bytes + i)];

            before = *head;
            *head = i + 1;
            if (before != 0 && i + 1 - before <= WINDOW)
                length = match_length(bytes + before - 1, bytes + i, n - i);
        }
        if (length >= MATCH_MIN) {
            put_match(packer, length, (uint32_t)(i + 1 - before));
            i += length;
        } else {
            put_symbol(packer, bytes[i]);
            i++;
        }
    }
}

static void
put_word(struct buffer *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        buffer_char(out, (char)(value >> (8 * i)));
}

void
gzip_add(struct buffer *out, const void *bytes, size_t n)
{
    /* Deflated, no name, no time, on Unix. */
    static const char header[10] = {0x1f, (char)0x8b, 8, 0, 0, 0, 0, 0, 0, 3};
    size_t size = ((size_t)1 << HASH_BITS) * sizeof(size_t);
    size_t *heads = meta_map(size);
    struct packer packer = {.out = out};

    if (heads == NULL) {
        out->failed = true;
        return;
    }
    buffer_add(out, header, sizeof(header));
    put_bits(&packer, 1, 1); /* the last block */
    put_bits(&packer, 1, 2); /* with the fixed codes */
    deflate(&packer, bytes, n, heads);
    put_symbol(&packer, END_OF_BLOCK);
    put_bits(&packer, 0, (8 - packer.count) % 8);
    put_word(out, crc_add(0, bytes, n));
    put_word(out, (uint32_t)n);
    meta_unmap(heads, size);
}
