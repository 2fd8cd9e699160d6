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

#include <stdbool.h>
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

/*
 * meta_each - call `visit` for each range [start, end) that meta/ has mapped
 * now, in no order, until it returns false: what a scan of the process's memory
 * leaves out. A range that is mapped meanwhile may be missed.   Signal: yes.
 */
void meta_each(bool (*visit)(uintptr_t start, uintptr_t end, void *context),
               void *context);

/* A range of meta/'s; zeroed is none. */
struct meta_range {
    uintptr_t start;
    uintptr_t end;
};

/*
 * meta_owns - true if the `n` bytes at `addr` lie in one range that meta/ has
 * mapped now. `known` is looked into first, and becomes the range that was
 * found: the caller's, zeroed before the first call.
 * Thread: any, with a `known` of its own.   Signal: yes.
 */
bool meta_owns(uintptr_t addr, size_t n, struct meta_range *known);

#endif
