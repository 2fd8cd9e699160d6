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
 * Both are written so that the compiler needs no stack frame for them: what
 * would call a function is left to one that is called last.
 */

/* Nothing but its size decides about the next block of this thread, and that
 * it is not drawn. `size`: not 0. */
static ALWAYS_INLINE bool
is_passed_over(struct self *self, size_t size)
{
    if (UNLIKELY((self->internal | self->record_off | policy.record_off) != 0))
        return false;
    if (UNLIKELY(size > self->sampler.left))
        return false;
    return policy.memory == 0 || guardpage_passes(&self->turn);
}

HOT void *
light_alloc(struct self *self, size_t size, bool zero, enum origin origin,
            const void *caller)
{
    struct span *span = self->cache.current[sizeclass_of(size)];
    uint32_t index = span->free_head;
    uintptr_t p;

    if (UNLIKELY(index == SPAN_NONE || zero || !is_passed_over(self, size)))
        return alloc_recorded(self, size, zero, origin, caller);
    self->sampler.left -= size;
    self->note.file = NULL;
    span_pop(span, index);
    alloc_write_bare(&span->records[index], size, origin);
    p = span_slot(span, index);
    self->tally.calls[origin]++;
    if (UNLIKELY(tally_add(&self->tally, size)))
        return alloc_leave_telling(self, (void *)p);
    self_leave_own(self);
    return (void *)p;
}

HOT void
light_free(struct self *self, void *p, enum origin call, size_t size,
           size_t align, const void *caller)
{
    struct span *span = pagemap_find((uintptr_t)p);
    struct record *record;
    uint32_t index;

    if (UNLIKELY(span == NULL || span->kind != SPAN_SLOTS ||
                 span->owner != &self->cache ||
                 (uint16_t)(span->used - 1) == span->settle_at))
        goto recorded;
    index = span_index(span, (uintptr_t)p);
    if (UNLIKELY(index >= span->carved ||
                 span_slot(span, index) != (uintptr_t)p))
        goto recorded;
    record = &span->records[index];
    if (UNLIKELY(!record->is_bare ||
                 !free_is_right(record, call, size, align) ||
                 !free_claim(record)))
        goto recorded;
    self->note.file = NULL;
    span_push(span, index);
    self->tally.calls[call]++;
    if (UNLIKELY(tally_take(&self->tally, record->size))) {
        (void)alloc_leave_telling(self, NULL);
        return;
    }
    self_leave_own(self);
    return;
recorded:
    free_recorded(self, p, call, size, align, caller);
}
