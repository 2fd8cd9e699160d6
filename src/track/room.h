/*
 * track/room.h - does the block go on far enough that an address is in?
 */
#ifndef TRACK_ROOM_H
#define TRACK_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/heap.h"
#include "model/block.h"
#include "os/arch/arch.h"

/*
 * room_is_enough - true if track_room is `n` or more, and that can be told at
 * once: `p` is in a slot's live block, or in no memory of the heap's.
 *
 * Blocks have records.   Thread: any.   Signal: yes.   Locks: none.
 */
static ALWAYS_INLINE bool
room_is_enough(const void *p, size_t n)
{
    uintptr_t addr = arch_strip_tag((uintptr_t)p);
    const struct span *span = pagemap_find(addr);
    const struct record *record;
    uint32_t index;
    size_t before;

    if (span == NULL)
        return true;
    /* None is so low where the span has no slots, or `addr` lies before the
     * first one. */
    index = span_index(span, addr);
    if (UNLIKELY(index >= __atomic_load_n(&span->carved, __ATOMIC_ACQUIRE)))
        return false;
    record = &span->records[index];
    before = addr - span_slot(span, index) - record->offset * 16u;
    return LIKELY(atomic_load_explicit(&record->state, memory_order_acquire) ==
                      BLOCK_LIVE &&
                  before < record->size && n <= record->size - before);
}

#endif
