/*
 * track/light.h - the quick way of a heap that samples: blocks that are not
 * drawn, and whose memory nothing else is done to.
 *
 * They have a record, as all have, but a bare one, without a history: so of the
 * steps of a call there remain the slot, eight bytes and the tally. Whatever
 * else a call turns out to need, it goes on in alloc_recorded or free_recorded,
 * as if it had come there first.
 *
 * Thread: owner of `self`, which is busy before and not after.   Signal: as
 * track_alloc.   Locks: none.
 */
#ifndef TRACK_LIGHT_H
#define TRACK_LIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "model/block.h"
#include "track/self.h"

/* light_alloc - alloc_recorded where policy.is_light. */
void *light_alloc(struct self *self, size_t size, bool zero, enum origin origin,
                  const void *caller);

/* light_free - free_recorded where policy.is_light, of a call that was told
 * neither size nor alignment; light_free_told: of any. */
void light_free(struct self *self, void *p, enum origin call,
                const void *caller);
void light_free_told(struct self *self, void *p, enum origin call, size_t size,
                     size_t align, const void *caller);

#endif
