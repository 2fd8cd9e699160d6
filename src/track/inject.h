/*
 * track/inject.h - fault injection: allocations that fail because fail= says
 * so, and what is remembered of them.
 *
 * All functions: Thread: any. Signal: yes. Locks: none.
 */
#ifndef TRACK_INJECT_H
#define TRACK_INJECT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/block.h"
#include "track/self.h"

/* inject_is_due - true if this allocation is to fail; that is then said and
 * remembered. The thread is inside already. */
bool inject_is_due(struct self *self, size_t size, enum origin origin,
                   const void *caller);

/* inject_note - a sentence about the latest such failure in `buffer`; "" if
 * there was none. */
void inject_note(char *buffer, size_t size);

#endif
