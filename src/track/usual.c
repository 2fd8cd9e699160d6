/*
 * track/usual.c - making and ending a block where all is as usual.
 */
#include "track/usual.h"

#include <string.h>

#include "guard/guard.h"
#include "heap/heap.h"
#include "track/alloc.h"
#include "track/audit.h"
#include "track/free.h"
#include "track/policy.h"
#include "track/retire.h"
#include "track/track.h"

static COLD void
tell_late_damage(struct self *self, struct span *span, uint32_t index,
                 size_t size, const void *caller)
{
    struct slot slot;

    heap_slot_at(span, index, &slot);
    audit_late_damage(self, &slot, slot.start, size, caller);
}

static COLD void
tell_damage(struct self *self, struct span *span, uint32_t index,
            enum origin call, const void *caller)
{
    struct slot slot;

    heap_slot_at(span, index, &slot);
    audit_around(self, &slot, call, caller);
}

HOT void *
usual_alloc(struct self *self, size_t size, bool zero, enum origin origin,
            const void *caller)
{
    struct history *history;
    struct record *record;
    uintptr_t start, end;
    struct span *span;
    uint32_t index;
    bool is_fresh, is_due;
    stack_id stack;

    if (UNLIKELY(self->note.file != NULL) || alloc_is_unrecorded(self))
        return alloc_recorded(self, size, zero, origin, caller);
    index = tcache_take(&self->cache, sizeclass_of(size + SLOTFENCE_BYTES),
                        &span, &is_fresh);
    if (UNLIKELY(index == SPAN_NONE))
        return alloc_recorded(self, size, zero, origin, caller);
    record = &span->records[index];
    history = span_history(span, index);
    start = span_slot(span, index);
    end = start + span->slot_size;
    alloc_ask_ahead(record, history, start + size);
    if (UNLIKELY(policy.memory != 0)) {
        arch_prefetch_write((const void *)start);
        arch_prefetch_write((const void *)(start + 64));
    }
    stack = stack_capture(&self->stacks, caller, NULL, 0);
    if (UNLIKELY(policy.memory != 0) && !is_fresh)
        retire_recall_slot(self, span, index, caller);
    if (UNLIKELY(!slotfence_arm(start, index, is_fresh, start + size, end)))
        tell_late_damage(self, span, index, size, caller);
    if (zero && !(is_fresh && span->is_zero))
        memset((void *)start, 0, size);
    else if (UNLIKELY(policy.alloc_blank >= 0) && !zero)
        fill_set(start, size, (uint8_t)policy.alloc_blank);
    alloc_write_history(self, history, 0, stack);
    alloc_write_record(record, 0, size, origin);
    self->tally.calls[origin]++;
    is_due = tally_add(&self->tally, size);
    stack_count(&self->stacks, stack, size);
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, origin, (void *)start, NULL, size, 0, stack, caller);
    return alloc_leave(self, start, is_due);
}

HOT void
usual_free(struct self *self, void *p, enum origin call, size_t size,
           size_t align, const void *caller)
{
    uintptr_t start = (uintptr_t)p, end, from;
    struct history *history;
    struct record *record;
    struct span *span;
    uint32_t index = free_own_slot(self, start, &span);
    stack_id stack;
    bool is_due;
    size_t had;

    if (UNLIKELY(index == SPAN_NONE || self->note.file != NULL))
        goto recorded;
    record = &span->records[index];
    history = span_history(span, index);
    /* What is known of the block was not asked for in a while, and comes while
     * the stack is walked. */
    alloc_ask_ahead(record, history, start);
    end = start + span->slot_size;
    arch_prefetch_write((const void *)(end - SLOTFENCE_BYTES));
    stack = stack_capture(&self->stacks, caller, NULL, 0);
    if (UNLIKELY(record->is_bare || record->offset != 0 ||
                 !free_is_right(record, call, size, align) ||
                 !free_claim(record)))
        goto recorded;
    had = record->size;
    from = start - SLOTFENCE_BYTES;
    if (LIKELY(index != 0))
        from = free_left_end(record, start, span->slot_size, from);
    if (UNLIKELY(
            !slotfence_is_intact(from, start, start + had, end, index != 0)))
        tell_damage(self, span, index, call, caller);
    free_write_history(self, history, stack);
    self->tally.calls[call]++;
    is_due = tally_take(&self->tally, had);
    if (UNLIKELY(policy.memory != 0))
        retire_slot(self, span, index, had, caller);
    else
        tcache_give_own(&self->cache, span, index);
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, call, NULL, p, had, 0, stack, caller);
    (void)alloc_leave(self, 0, is_due);
    return;
recorded:
    free_recorded(self, p, call, size, align, caller);
}
