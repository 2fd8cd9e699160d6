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

/* A slot that was had before is about to be used again. */
static NOINLINE void
recall(struct self *self, struct span *span, uint32_t index, const void *caller)
{
    struct slot slot;

    heap_slot_at(span, index, &slot);
    retire_recall(self, &slot, caller);
}

static NOINLINE void
hold_back(struct self *self, struct span *span, uint32_t index, size_t size,
          const void *caller)
{
    struct slot slot;

    heap_slot_at(span, index, &slot);
    retire_block(self, &slot, slot.start, size, caller);
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
    bool is_fresh;
    stack_id stack;

    if (UNLIKELY(self->note.file != NULL ||
                 (self->internal | self->record_off | policy.record_off) != 0))
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
    stack = stack_capture(&self->stacks, caller, NULL, 0);
    if (UNLIKELY(policy.memory != 0) && !is_fresh)
        recall(self, span, index, caller);
    if (UNLIKELY(!slotfence_arm(start, index, is_fresh, start + size, end)))
        tell_late_damage(self, span, index, size, caller);
    if (zero && !(is_fresh && span->is_zero))
        memset((void *)start, 0, size);
    else if (UNLIKELY(policy.alloc_blank >= 0) && !zero)
        fill_set(start, size, (uint8_t)policy.alloc_blank);
    alloc_write_history(self, history, 0, stack);
    alloc_write_record(record, 0, size, origin);
    self->tally.calls[origin]++;
    stack_count(&self->stacks, stack, size);
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, origin, (void *)start, NULL, size, 0, stack, caller);
    if (UNLIKELY(tally_add(&self->tally, size)))
        return alloc_leave_telling(self, (void *)start);
    self_leave_own(self);
    return (void *)start;
}

/* Where the block in the slot before `index` ends, which starts at `start`; as
 * far as it may go if there is none. */
static ALWAYS_INLINE uintptr_t
left_end(const struct span *span, uint32_t index, uintptr_t start)
{
    const struct record *left = &span->records[index] - 1;
    uintptr_t most = start - SLOTFENCE_BYTES;
    uintptr_t end;

    if (UNLIKELY(index == 0) ||
        atomic_load_explicit(&left->state, memory_order_acquire) != BLOCK_LIVE)
        return most;
    end = start - span->slot_size + (uintptr_t)left->offset * 16 + left->size;
    return end < most ? end : most;
}

HOT void
usual_free(struct self *self, void *p, enum origin call, size_t size,
           size_t align, const void *caller)
{
    struct span *span = pagemap_find((uintptr_t)p);
    uintptr_t start = (uintptr_t)p, end;
    struct history *history;
    struct record *record;
    uint32_t index;
    stack_id stack;
    size_t had;

    if (UNLIKELY(span == NULL || span->kind != SPAN_SLOTS ||
                 span->owner != &self->cache ||
                 (uint16_t)(span->used - 1) == span->settle_at ||
                 self->note.file != NULL))
        goto recorded;
    index = span_index(span, start);
    if (UNLIKELY(index >= span->carved || span_slot(span, index) != start))
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
    if (UNLIKELY(!slotfence_is_intact(left_end(span, index, start), start,
                                      start + had, end, index != 0)))
        tell_damage(self, span, index, call, caller);
    free_write_history(self, history, stack);
    self->tally.calls[call]++;
    if (UNLIKELY(policy.memory != 0))
        hold_back(self, span, index, had, caller);
    else
        span_push(span, index);
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, call, NULL, p, had, 0, stack, caller);
    if (UNLIKELY(tally_take(&self->tally, had))) {
        (void)alloc_leave_telling(self, NULL);
        return;
    }
    self_leave_own(self);
    return;
recorded:
    free_recorded(self, p, call, size, align, caller);
}
