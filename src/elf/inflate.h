/*
 * elf/inflate.h - undo zlib's compression.
 *
 * Thread: any.   Signal: yes.   Locks: none.   Allocates nothing.
 * Source: RFC 1950 (zlib), RFC 1951 (deflate).
 */
#ifndef ELF_INFLATE_H
#define ELF_INFLATE_H

#include <stddef.h>

#include "base/attr.h"

/* What deflate can save at most: a byte for every so many. A header that
 * promises more is wrong, and is not to be believed when memory is taken. */
#define INFLATE_RATIO_MAX 1032

/*
 * inflate_bytes - expand a zlib stream to exactly `target_size` bytes.
 *
 * Returns 0; -EINVAL if the stream is malformed, ends early, expands to another
 * size, or its checksum is wrong. `target` is then partly written.
 */
int MUST_CHECK inflate_bytes(const void *source, size_t source_size,
                             void *target, size_t target_size);

#endif
