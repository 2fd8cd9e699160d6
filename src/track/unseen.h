/*
 * track/unseen.h - frees that went by a road that does not lead here, by stack.
 *
 * In another allocator's heap (foreign.h) a block is free without our knowing
 * where the program calls free through a pointer that it took before we came,
 * or libc frees what it was given. Such a block looks as if it lived, and as if
 * nothing pointed to it. It shows once its address is handed out again; what
 * was seen so is counted here by the stack that had made the block, so that
 * nobody is accused on the word of frees that are not seen.
 *
 * Locks: one, rank TRACK.   Source: ours.
 */
#ifndef TRACK_UNSEEN_H
#define TRACK_UNSEEN_H

#include <stdbool.h>
#include <stdint.h>

#include "model/trace.h"
#include "track/self.h"

/* unseen_note - a block that the stack made was freed so. Without memory, or
 * in a handler that interrupted another such call, it is not counted.
 * Signal: yes. */
void unseen_note(const struct self *self, stack_id stack);

/* unseen_forget - nothing is counted any more. */
void unseen_forget(void);

/* freeze, thaw, child: take, give, reset the lock. */
void unseen_freeze(void);
void unseen_thaw(void);
void unseen_child(void);

#endif
