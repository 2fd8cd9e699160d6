/*
 * heap/guarded.h - blocks between inaccessible pages.
 *
 * A guarded span is a RUN whose pages are all closed but those of its block:
 * a closed OS page before them, and closed ones after them to the span's end.
 * The block ends (or begins) at the very edge, so that the first byte past it
 * (before it) faults. While there is no block all pages are closed, so any
 * touch of a freed one faults too; spans wait in a queue then, and the one that
 * has waited longest is used first. Large ones are not used again: the oldest
 * are ended once all take more than 1 GiB of an arena's address space.
 *
 * What is left of the open pages beside the block belongs to its fences.
 *
 * They are made by heap_alloc_guarded.
 */
#ifndef HEAP_GUARDED_H
#define HEAP_GUARDED_H

#include <stdbool.h>

#include "heap/arena.h"
#include "heap/span.h"

/* guarded_give - the block of a guarded span is gone: close its pages, if they
 * are not, and let it wait for the next.   Locks: heap. */
void guarded_give(struct tcache *tcache, struct span *span);

/* guarded_drop_idle - end all that wait; true if there was any.  Locks: held,
 * the arena's. */
bool guarded_drop_idle(struct arena *arena);

#endif
