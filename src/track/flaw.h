/*
 * track/flaw.h - damage to the library's own memory: saying it, and going on.
 *
 * The records and spans lie far from the program's blocks. What writes there is
 * a wild pointer, or a system call that was given one; what is wrong then is no
 * block's, so it is a finding of its own. A record that was overwritten is
 * lost: its block is left alone from then on, and what is freed or resized
 * there is not held against the program.
 */
#ifndef TRACK_FLAW_H
#define TRACK_FLAW_H

#include <stdbool.h>

#include "heap/heap.h"
#include "model/finding.h"
#include "track/self.h"

/*
 * flaw_find - does the slot's record hold what no record can? If so, true, the
 * finding is filled in, and the record is lost.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
bool flaw_find(struct self *self, const struct slot *slot, enum origin call,
               const char *during, const void *caller,
               struct finding *finding);

/* flaw_raise - the same, raised. */
bool flaw_raise(struct self *self, const struct slot *slot, enum origin call,
                const void *caller);

/* flaw_is_lost - true if the record of the slot was lost. */
bool flaw_is_lost(const struct slot *slot);

/* flaw_check - verify the page map, the spans and this thread's free lists; the
 * number of findings raised.   Signal: no.   Locks: heap. */
unsigned flaw_check(struct self *self, const char *during, const void *caller);

#endif
