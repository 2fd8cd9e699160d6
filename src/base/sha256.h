/*
 * base/sha256.h - SHA-256, for the content policy of pages that we write.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32u
/* Its base64, terminated. */
#define SHA256_TEXT_SIZE 45u

/*
 * sha256_bytes - the hash of the `n` bytes at `bytes`.
 *
 * Thread: any.   Signal: yes.   Locks: none.   Source: FIPS 180-4.
 */
void sha256_bytes(const void *bytes, size_t n, uint8_t out_hash[SHA256_SIZE]);

/* sha256_text - the hash in base64 (RFC 4648), as browsers want it. Returns
 * `buffer`. */
const char *sha256_text(const void *bytes, size_t n,
                        char buffer[SHA256_TEXT_SIZE]);

#endif
