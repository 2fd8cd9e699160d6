/*
 * heap/large.h - large blocks: a mapping of their own, a guard page after it.
 *
 * A mapping is [start, start + accessible) for the block, then inaccessible
 * OS pages to the next unit: at least one, where the kernel's limit on
 * mappings admits it. Spans that end are kept for a while, up to a bound,
 * because faulting fresh pages costs more than anything else here; their
 * records stay too, so that a second free is known for what it is.
 *
 * All functions: Thread: any. Locks: held, the arena's.
 */
#ifndef HEAP_LARGE_H
#define HEAP_LARGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "heap/arena.h"

/*
 * large_open - a LARGE span whose block starts `offset` bytes into the mapping
 * and has `bytes` bytes to the end of what can be touched, rounded up to an OS
 * page.
 *
 * offset: start + offset is a multiple of `align`; a multiple of an OS page if
 *         `align` is over a unit.
 * *out_is_zero: the memory reads as zero.
 * Returns the span, or NULL where the kernel refuses.
 */
struct span *large_open(struct arena *arena, size_t offset, size_t bytes,
                        size_t align, struct tcache *owner, bool *out_is_zero);

/* large_close - end a LARGE span of this arena, or keep it for a while. */
void large_close(struct arena *arena, struct span *span);

/* large_drop_kept - end kept spans, the oldest first, until at most `most`
 * accessible bytes are kept; true if there was any to end. */
bool large_drop_kept(struct arena *arena, size_t most);

/*
 * large_resize - change what can be touched to offset + bytes, in place or by
 * moving the pages without copying; span->start may change.
 *
 * Returns true, or false with nothing changed.
 */
bool MUST_CHECK large_resize(struct arena *arena, struct span *span,
                             size_t offset, size_t bytes);

#endif
