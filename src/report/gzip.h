/*
 * report/gzip.h - bytes become a gzip file.
 *
 * Made for profiles, which readers want compressed: the library needs no zlib,
 * and half of what zlib would save is saved.
 */
#ifndef REPORT_GZIP_H
#define REPORT_GZIP_H

#include <stddef.h>

#include "meta/buffer.h"

/*
 * gzip_add - append the `n` bytes at `bytes`, as one gzip member, to `out`.
 *
 * A failure to grow stays in out->failed. Thread: any.   Signal: no.
 * Source: RFC 1951 (fixed codes), RFC 1952; matches are found as in LZ77 by the
 * last place of each hash of four bytes.
 */
void gzip_add(struct buffer *out, const void *bytes, size_t n);

#endif
