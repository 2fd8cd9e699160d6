/*
 * track/light.c - the quick way of a heap that samples.
 */
#include "track/light.h"

#include "guard/guard.h"
#include "heap/heap.h"
#include "track/alloc.h"
#include "track/free.h"
#include "track/policy.h"
#include "track/track.h"

/*
 * All are written so that the compiler needs no stack frame for them: what
 * would call a function is left to one that is called last.
 */

/* Nothing but its size decides about the next block of this thread, and that
 * it is not drawn. `size`: not 0. */
static ALWAYS_INLINE bool
is_passed_over(struct self *self, size_t size)
{
    if (alloc_is_unrecorded(self) || UNLIKELY(size > self->sampler.left))
        return false;
    return policy.memory == 0 || guardpage_passes(&self->turn);
}

HOT void *
light_alloc(struct self *self, size_t size, bool zero, enum origin origin,
            const void *caller)
{
    struct span *span = self->cache.current[sizeclass_of(size)];
    uint32_t index = span->free_head;

    if (UNLIKELY((index == SPAN_NONE && span->carved == span->capacity) ||
                 zero || !is_passed_over(self, size)))
        return alloc_recorded(self, size, zero, origin, caller);
    self->sampler.left -= size;
    self->note.file = NULL;
    if (LIKELY(index != SPAN_NONE)) {
        span->free_head = span->next[index];
    } else {
        index = span->carved++;
    }
    span->used++;
    alloc_write_bare(&span->records[index], size, origin);
    self->tally.calls[origin]++;
    return alloc_leave(self, span_slot(span, index),
                       tally_add(&self->tally, size));
}

/* size, align: as the call told them, each NOT_GIVEN or not where the caller
 * knows: then they need no room. */
static ALWAYS_INLINE void
end(struct self *self, void *p, enum origin call, size_t size, size_t align,
    const void *caller)
{
    struct record *record;
    struct span *span;
    uint32_t index = free_own_slot(self, (uintptr_t)p, &span);

    if (UNLIKELY(index == SPAN_NONE))
        goto recorded;
    record = &span->records[index];
    if (UNLIKELY((uint16_t)(span->used - 1) == span->settle_at ||
                 !record->is_bare ||
                 !free_is_right(record, call, size, align) ||
                 !free_claim(record)))
        goto recorded;
    self->note.file = NULL;
    span_push(span, index);
    self->tally.calls[call]++;
    (void)alloc_leave(self, 0, tally_take(&self->tally, record->size));
    return;
recorded:
    free_recorded(self, p, call, size, align, caller);
}

HOT void
light_free(struct self *self, void *p, enum origin call, const void *caller)
{
    end(self, p, call, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, caller);
}

HOT void
light_free_told(struct self *self, void *p, enum origin call, size_t size,
                size_t align, const void *caller)
{
    end(self, p, call, size, align, caller);
}
