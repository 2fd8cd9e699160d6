/*
 * meta/meta.h - the pages of everything in meta/, counted.
 *
 * They are mapped far from the program's memory, left out of core dumps, and
 * never a part of what the program is said to use.
 *
 * Thread: any.   Signal: no.   Locks: none.
 */
#ifndef META_META_H
#define META_META_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* meta_bytes - bytes that meta/ has mapped in all, now.  Thread: any. */
uint64_t meta_bytes(void);

/* meta_map, meta_unmap - pages for meta/ itself, counted and kept out of core
 * dumps. `size` is rounded up to OS pages. */
void *MUST_CHECK meta_map(size_t size);
void meta_unmap(void *p, size_t size);

/* meta_remap - resize what meta_map gave; it may move, new bytes are zeroed.
 * Returns the new address, or NULL (the old pages are then untouched). */
void *MUST_CHECK meta_remap(void *p, size_t old_size, size_t new_size);

#endif
