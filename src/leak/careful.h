/*
 * leak/careful.h - read memory of the program's word by word, where some of it
 * may not be there.
 *
 * Pages that were never touched are passed over: they hold no pointers, and to
 * read them would cost memory. Pages that may fault are copied by the kernel.
 *
 * Thread: one at a time.   Locks: none of its own.
 */
#ifndef LEAK_CAREFUL_H
#define LEAK_CAREFUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* careful_begin, careful_end - before and after a scan. Returns 0 or
 * -ENOMEM. */
int MUST_CHECK careful_begin(void);
void careful_end(void);

/* careful_bar - [start, end) of the heap cannot be read: the program protected
 * it. In ascending order. */
void careful_bar(uintptr_t start, uintptr_t end);

/* careful_is_barred - true if some of [start, end) was named so. */
bool careful_is_barred(uintptr_t start, uintptr_t end);

/* careful_is_here - true if all of [start, end) has memory behind it. */
bool careful_is_here(uintptr_t start, uintptr_t end);

/*
 * careful_read - call `visit` for the whole words in [start, end), in pieces,
 * or in copies of them. Returns the bytes that were there.
 */
size_t careful_read(uintptr_t start, uintptr_t end,
                    void (*visit)(const uintptr_t *words, size_t count));

#endif
