/*
 * heap/inspect.h - does the heap's own memory hold what the heap wrote?
 *
 * It lies far from the program's, so only a wild pointer reaches it. What a
 * span must be follows from its class and its place, so it is verified without
 * a checksum. Walks look at sound spans alone: a broken length would let them
 * run for ever.
 *
 * All functions: Locks: held: heap, the arena's.
 */
#ifndef HEAP_INSPECT_H
#define HEAP_INSPECT_H

#include <stdbool.h>
#include <stdint.h>

#include "heap/arena.h"
#include "heap/heap.h"

/*
 * inspect_find - the span that the page map has for `addr` in `zone`; NULL if
 * it has none, or one that is not sound: then *out_flaw, unless NULL, says
 * why. out_flaw->what is NULL where there is none.
 */
struct span *inspect_find(struct arena *arena, const struct arena_zone *zone,
                          uintptr_t addr, struct heap_flaw *out_flaw);

/* inspect_large - the span of a node of the arena's list of large ones; NULL
 * if it is not sound, and the list cannot be followed. */
struct span *inspect_large(struct arena *arena, struct list_node *node,
                           struct heap_flaw *out_flaw);

#endif
