/*
 * track/retire.h - what becomes of a block's memory between its free and the
 * next block there, where an option cares: fills, the quarantine, never-reuse.
 *
 * A freed block's slot is filled, held (state QUARANTINED), let go with its
 * fill (BLANK) and handed out again, or given back with its span. Without
 * check-blank it is verified as it is let go; with it, as it is handed out or
 * given back. Until then heap checks verify it, too.
 */
#ifndef TRACK_RETIRE_H
#define TRACK_RETIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard/guard.h"
#include "heap/heap.h"
#include "model/finding.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/self.h"

/*
 * retire_block - the end of a free: the block in `slot` was claimed, verified
 * and counted, and its record written. In place of heap_free where
 * policy.memory is not 0.
 */
void retire_block(struct self *self, const struct slot *slot, uintptr_t user,
                  size_t size, const void *caller);

/* retire_start - be told of memory that is given back.   Called once. */
void retire_start(void);

/* retire_slot - retire_block of slot `index` of a span of slots; its block
 * begins where the slot does. */
void retire_slot(struct self *self, struct span *span, uint32_t index,
                 size_t size, const void *caller);

/*
 * retire_is_intact - nothing is wrong with the freed block in a slot of a span
 * of slots: what retire_inspect finds, without a copy of what is known of it,
 * nor care for other threads. False also where it cannot tell.
 */
static ALWAYS_INLINE bool
retire_is_intact(const struct slot *slot)
{
    const struct record *record = slot->record;
    uintptr_t user = slot->start + (uintptr_t)record->offset * 16;
    size_t size = record->size;

    if (policy.fill < 0 || policy.fill_since != 0 || record->is_bare ||
        user > slot->end || size > slot->end - user ||
        !fill_is_intact(user, size, (uint8_t)policy.fill))
        return false;
    return !guard_has_fences() ||
           (fence_is_intact(user + size, slot->end - heap_layout.lead) &&
            fence_is_intact(slot->start, user));
}

/* retire_recall_slot - retire_recall of slot `index` of a span of slots. */
void retire_recall_slot(struct self *self, struct span *span, uint32_t index,
                        const void *caller);

/* retire_recall - `slot` was taken from the heap for a new block: verify what
 * the last one left, before anything is written. */
void retire_recall(struct self *self, const struct slot *slot,
                   const void *caller);

/*
 * retire_inspect - is the memory of the freed block that `copy` tells of as
 * its free left it? If not, true, and the finding is filled in.
 *
 * The caller makes sure that nothing changed since the copy was taken.
 */
bool retire_inspect(struct self *self, const struct slot *slot,
                    const struct live_copy *copy, enum origin call,
                    const char *during, const void *caller,
                    struct finding *finding);

/* retire_mend - write the fill again where such a finding was. */
void retire_mend(const struct finding *finding);

/* retire_relieve - let everything go that is held: memory ran out, or the
 * option was turned off. False if there was nothing. */
bool retire_relieve(struct self *self, const void *caller);

/* retire_hand_over - the thread of `self` ends: what it held is the process's
 * to hold. */
void retire_hand_over(struct self *self);

/* retire_totals - blocks that are held now, and the memory they take. */
void retire_totals(uint64_t *out_blocks, uint64_t *out_bytes);

#endif
