/*
 * base/crc.h - CRC-32, the checksum of gzip, PNG and Ethernet.
 */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/*
 * crc_add - the checksum of bytes whose checksum is `crc` (0: of none),
 * continued by the `n` bytes at `bytes`.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 * Source: RFC 1952, sec. 8; by half bytes, which needs a table of 64 bytes.
 */
uint32_t crc_add(uint32_t crc, const void *bytes, size_t n);

#endif
