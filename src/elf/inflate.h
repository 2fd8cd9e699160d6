/*
 * elf/inflate.h - undo zlib's compression.
 *
 * Thread: any.   Signal: yes.   Locks: none.   Allocates nothing.
 * Source: RFC 1950 (zlib), RFC 1951 (deflate).
 */
#ifndef ELF_INFLATE_H
#define ELF_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* What deflate can save at most: a byte for every so many. A header that
 * promises more is wrong, and is not to be believed when memory is taken. */
#define INFLATE_RATIO_MAX 1032

#define INFLATE_CODE_MAX 15
#define INFLATE_LITERALS 288
#define INFLATE_FAST_BITS 10

/* A canonical code. */
struct inflate_code {
    uint16_t count[INFLATE_CODE_MAX + 1];  /* symbols of each length */
    uint16_t symbols[INFLATE_LITERALS];    /* in the order of their codes */
    uint16_t fast[1 << INFLATE_FAST_BITS]; /* symbol << 4 | length; 0 = long */
};

/* A stream that is expanded bit by bit. For its users: `done`, the bytes of the
 * target that are there. */
struct inflate {
    const unsigned char *at;
    const unsigned char *end;
    uint64_t bits;     /* not yet used, the next one lowest */
    unsigned count;    /* how many of them are from the stream */
    unsigned borrowed; /* bytes of zero read past the end */
    unsigned char *target;
    size_t size;
    size_t done;
    size_t stop; /* where to rest, or SIZE_MAX */
    bool failed;
    bool in_block; /* that brought codes; else between blocks */
    bool is_last;  /* block */
    bool is_whole; /* all is there, and its checksum is right */
    struct inflate_code literals;
    struct inflate_code distances;
};

/*
 * inflate_begin - prepare to expand a zlib stream of `target_size` bytes.
 *
 * Source and target must stay until the last inflate_upto: what is expanded is
 * what later parts refer back to. *stream may be moved.
 * Returns 0, or -EINVAL if it does not begin like one.
 */
int MUST_CHECK inflate_begin(struct inflate *stream, const void *source,
                             size_t source_size, void *target,
                             size_t target_size);

/*
 * inflate_upto - expand until at least `wanted` bytes are there, or all; then
 * the checksum is verified too.
 *
 * Returns 0; -EINVAL, for good, if the stream is malformed. What is there by
 * `done` is right as far as one can tell without the checksum.
 * Cost: of what was not expanded yet.
 */
int MUST_CHECK inflate_upto(struct inflate *stream, size_t wanted);

/*
 * inflate_bytes - expand a zlib stream to exactly `target_size` bytes.
 *
 * Returns 0; -EINVAL if the stream is malformed, ends early, expands to another
 * size, or its checksum is wrong. `target` is then partly written.
 */
int MUST_CHECK inflate_bytes(const void *source, size_t source_size,
                             void *target, size_t target_size);

#endif
