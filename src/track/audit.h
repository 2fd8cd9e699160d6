/*
 * track/audit.h - verifying fences: of a block, of its neighbours, of all.
 *
 * What lies between two blocks is one gap: the rear fence of the left one and
 * the front fence of the right one. Damage in a gap is laid at the door of the
 * block whose edge it touches or is nearer to; the other is named as the
 * possible culprit. What was reported is mended, so that it is reported once.
 *
 * Other threads go on while a check runs: a gap that looks damaged is read
 * again, together with the records on both sides, and counts only if neither
 * changed.
 */
#ifndef TRACK_AUDIT_H
#define TRACK_AUDIT_H

#include <stdint.h>

#include "heap/heap.h"
#include "model/block.h"
#include "track/self.h"

/* audit_around - verify the gaps on both sides of the block in `slot`, which
 * is being freed or resized by `call`; raises what it finds. */
void audit_around(struct self *self, const struct slot *slot,
                  enum origin call, const void *caller);

/* audit_late_damage - a free slot that is about to hold a block of `size` bytes
 * at `user` lost the pattern at its end: raise it and mend it. */
void audit_late_damage(struct self *self, const struct slot *slot,
                       uintptr_t user, size_t size, const void *caller);

/* audit_all - verify every gap; the number of findings raised. */
unsigned audit_all(struct self *self, const char *during, const void *caller);

/* audit_slot - verify the gaps of one slot and, where it was freed, its fill;
 * raises what it finds. */
void audit_slot(struct self *self, const struct slot *slot, const char *during,
                const void *caller);

/* audit_slice - verify some more of the heap, if it is time: the whole of it
 * bit by bit, at a bounded share of the process's time. */
void audit_slice(struct self *self, const void *caller);

#endif
