/*
 * track/protect.h - blocks that the program wants nobody to change.
 *
 * The OS pages that lie in such a block whole are made read-only: a write there
 * faults at its instruction. Its two ends share their pages with other blocks,
 * so of these a copy is kept, and compared by heap checks, by the call that
 * frees or resizes the block, and where the protection ends.
 *
 * While no block ever was protected, malloc and free do not look:
 * policy.attention says so.
 *
 * Locks: protect_lock, rank TRACK. Findings are raised without it, for the
 * program's handler may ask for protection.
 */
#ifndef TRACK_PROTECT_H
#define TRACK_PROTECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/block.h"
#include "track/self.h"

/* protect_is_used - some block was protected once. */
bool protect_is_used(void);

/*
 * protect_end - the block at `p` is about to be freed or resized by `call`: if
 * it is protected, raise that, and what was changed in it, and end it.
 *
 * Returns false where the block must be left as it is: a handler interrupted
 * the holder of the lock, or the kernel does not open the pages.
 * Thread: any.   Signal: yes.   Locks: track.
 */
bool MUST_CHECK protect_end(struct self *self, const void *p, enum origin call,
                            const void *caller);

/*
 * protect_check - compare protected blocks, `most` of them, those first that
 * were not compared for longest, with what they held; what is changed is
 * raised, once. The number of findings raised.
 *
 * Thread: any.   Signal: yes: it does nothing where the lock is held.
 */
unsigned protect_check(struct self *self, size_t most, const char *during,
                       const void *caller);

/* protect_covers - true if `addr` lies in a page that is read-only for this
 * reason.   Thread: any.   Signal: yes. */
bool protect_covers(uintptr_t addr);

/* freeze, thaw, child: take, give, reset the lock; copied: in a child made
 * without freezing. */
void protect_freeze(void);
void protect_thaw(void);
void protect_child(void);
void protect_copied(void);

#endif
