/*
 * track/usual.h - the quick way of a heap with the options that most have:
 * every block has its stack and its fences; its memory may be filled and held
 * back, and now and then a slice of the heap is checked.
 *
 * The steps are those of alloc_recorded and free_recorded without the questions
 * whose answer is known. Whatever a call turns out to need beside them, it goes
 * on there, as if it had come there first.
 *
 * Thread: owner of `self`, which is busy before and not after.   Signal: as
 * track_alloc.   Locks: none.
 */
#ifndef TRACK_USUAL_H
#define TRACK_USUAL_H

#include <stdbool.h>
#include <stddef.h>

#include "model/block.h"
#include "track/self.h"

/* usual_alloc - alloc_recorded where policy.is_usual. */
void *usual_alloc(struct self *self, size_t size, bool zero, enum origin origin,
                  const void *caller);

/* usual_free - free_recorded where policy.is_usual. */
void usual_free(struct self *self, void *p, enum origin call, size_t size,
                size_t align, const void *caller);

#endif
