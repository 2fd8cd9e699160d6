/*
 * track/free.c - ending a block, or finding out why there is none to end.
 */
#include "track/free.h"

#include "base/bits.h"
#include "conf/conf.h"
#include "guard/guard.h"
#include "report/report.h"
#include "track/annotate.h"
#include "track/alloc.h"
#include "track/audit.h"
#include "track/foreign.h"
#include "track/flaw.h"
#include "track/light.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/retire.h"
#include "track/track.h"
#include "track/trouble.h"
#include "track/usual.h"

/* What a call on a pointer that is no live block is called, by whether the
 * call is a free, a realloc or a question. */
struct wrong_kinds {
    enum finding_kind freed, interior, foreign;
};

static const struct wrong_kinds wrong_free = {
    FINDING_DOUBLE_FREE, FINDING_INTERIOR_FREE, FINDING_FOREIGN_FREE};
static const struct wrong_kinds wrong_realloc = {
    FINDING_REALLOC_FREED, FINDING_REALLOC_INTERIOR, FINDING_REALLOC_FOREIGN};
static const struct wrong_kinds wrong_usable = {
    FINDING_USABLE_SIZE_BAD, FINDING_USABLE_SIZE_BAD, FINDING_USABLE_SIZE_BAD};
static const struct wrong_kinds wrong_check = {
    FINDING_CHECK_FREED, FINDING_CHECK_FOREIGN, FINDING_CHECK_FOREIGN};

static const struct wrong_kinds *
wrong_of(enum origin call)
{
    switch (call) {
    case ORIGIN_REALLOC:
    case ORIGIN_REALLOCARRAY:
    case ORIGIN_RECALLOC:
        return &wrong_realloc;
    case ORIGIN_USABLE_SIZE:
        return &wrong_usable;
    case ORIGIN_CHECK:
        return &wrong_check;
    default:
        return &wrong_free;
    }
}

COLD void
free_wrong(struct self *self, const void *p, enum origin call,
           const void *caller)
{
    const struct wrong_kinds *wrong = wrong_of(call);
    uintptr_t addr = arch_strip_tag((uintptr_t)p);
    struct finding finding;
    struct slot slot;
    bool is_ours = heap_find(addr, &slot) && slot.record != NULL;

    if (is_ours &&
        (flaw_raise(self, &slot, call, caller) || flaw_is_lost(&slot)))
        return;
    trouble_init(&finding, self, wrong->foreign, call, caller, addr);
    if (is_ours && atomic_load(&slot.record->state) != BLOCK_NEVER) {
        live_describe(&slot, &finding.block);
        finding.has_block = true;
        finding.offset = (ptrdiff_t)(addr - finding.block.addr);
        finding.place = FINDING_PLACE_BLOCK;
        if (finding.block.state == BLOCK_LIVE)
            finding.kind = wrong->interior;
        else if (finding.offset == 0)
            finding.kind = wrong->freed;
        else
            finding.kind = wrong->interior;
    } else if (heap_was_used(addr)) {
        /* Its span is gone, and the record with it: the address was the
         * program's once and is not now. */
        finding.kind = wrong->freed;
        finding.place = FINDING_PLACE_OURS;
    } else {
        report_place(&finding);
    }
    trouble_raise(self, &finding);
}

/* ---- the checks of a free that found its block ---- */

/* May `call`, told size and align, be wrong for the block of `record`? */
static ALWAYS_INLINE bool
needs_pair_check(const struct record *record, enum origin call, size_t size,
                 size_t align)
{
    return policy.mismatch &&
           ((size & align) != TRACK_NOT_GIVEN || call > ORIGIN_FREE ||
            record->origin > ORIGIN_PVALLOC);
}

static COLD void
raise_pair(struct self *self, enum finding_kind kind, const struct slot *slot,
           enum origin call, size_t size, size_t align, const void *caller)
{
    struct finding finding;

    trouble_init(&finding, self, kind, call, caller, live_user(slot));
    live_describe(slot, &finding.block);
    finding.has_block = true;
    finding.place = FINDING_PLACE_BLOCK;
    finding.block.state = BLOCK_LIVE;
    finding.block.freed = NULL;
    finding.block.align = annotate_align(slot);
    finding.size_given = size == TRACK_NOT_GIVEN ? 0 : size;
    finding.align_given = align == TRACK_NOT_GIVEN ? 0 : align;
    trouble_raise(self, &finding);
}

/* Of a block that was not asked for with an alignment, any alignment up to the
 * default is right. */
static bool
is_align_right(const struct slot *slot, size_t align)
{
    size_t made = annotate_align(slot);

    return align == made || (made <= 16 && align <= 16);
}

static NOINLINE void
check_pair(struct self *self, const struct slot *slot, enum origin call,
           size_t size, size_t align, const void *caller)
{
    enum origin made = (enum origin)slot->record->origin;

    if (made == ORIGIN_INTERNAL)
        return;
    if (!block_is_pair(made, call)) {
        raise_pair(self, FINDING_MISMATCHED_FREE, slot, call, size, align,
                   caller);
        return;
    }
    if (size != TRACK_NOT_GIVEN && size != heap_block_size(slot))
        raise_pair(self, FINDING_SIZE_MISMATCH, slot, call, size, align,
                   caller);
    if (align != TRACK_NOT_GIVEN && !is_align_right(slot, align))
        raise_pair(self, FINDING_ALIGN_MISMATCH, slot, call, size, align,
                   caller);
}

/*
 * Both fences of the block are whole, and so is the slack of the block in the
 * slot before: it ends where this one starts, and its line is at hand.
 */
static ALWAYS_INLINE bool
is_intact(const struct slot *slot, uintptr_t user, size_t size)
{
    uintptr_t from = slot->start - heap_layout.lead;

    if (LIKELY(slot->index != 0)) {
        from = free_left_end(slot->record, slot->start, slot->span->slot_size,
                             from);
    } else if (UNLIKELY(slot->span->is_guarded)) {
        return guard_is_alone_intact(slot, user, size);
    }
    return fence_is_intact(user + size, slot->end) &&
           fence_is_intact(from, user);
}

static ALWAYS_INLINE void
retire(struct self *self, const struct slot *slot, enum origin call,
       stack_id stack, const void *caller)
{
    struct record *record = slot->record;
    uintptr_t user = live_user(slot);
    size_t size = heap_block_size(slot);

    if (guard_has_fences() && UNLIKELY(!is_intact(slot, user, size)))
        audit_around(self, slot, call, caller);
    if (LIKELY(record->origin != ORIGIN_INTERNAL))
        tally_free(&self->tally, size);
    if (!alloc_is_passed_over(stack) || !record->is_bare)
        free_write_history(self, alloc_open_history(slot), stack);
    if (UNLIKELY(policy.memory != 0) &&
        (policy.memory != POLICY_GUARD_SOME || slot->span->is_guarded))
        retire_block(self, slot, user, size, caller);
    else
        heap_free(&self->cache, slot);
}

void
free_retire(struct self *self, const struct slot *slot, enum origin call,
            stack_id stack, const void *caller)
{
    retire(self, slot, call, stack, caller);
}

/* The block in `slot` is this call's to end. */
static ALWAYS_INLINE void
free_claimed(struct self *self, const struct slot *slot, void *p,
             enum origin call, size_t size, size_t align, stack_id stack,
             const void *caller)
{
    size_t had = heap_block_size(slot);

    if (UNLIKELY(needs_pair_check(slot->record, call, size, align)))
        check_pair(self, slot, call, size, align, caller);
    if (LIKELY(slot->record->origin != ORIGIN_INTERNAL))
        self->tally.calls[call]++;
    retire(self, slot, call, stack, caller);
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, call, NULL, p, had, 0, stack, caller);
}

/* A plain heap has no records but those of single blocks. */
void
free_plain(struct self *self, void *p, enum origin call, const void *caller)
{
    struct span *span = pagemap_find((uintptr_t)p);
    struct slot slot;

    if (LIKELY(span != NULL && span->kind == SPAN_SLOTS &&
               (uintptr_t)p >= span->base)) {
        tcache_give(&self->cache, span, span_index(span, (uintptr_t)p));
        return;
    }
    if (!heap_find((uintptr_t)p, &slot) || slot.record == NULL ||
        live_user(&slot) != (uintptr_t)p || !free_claim(slot.record)) {
        free_wrong(self, p, call, caller);
        return;
    }
    heap_free(&self->cache, &slot);
}

static NOINLINE void
free_null(enum origin call, const void *caller)
{
    struct self *self;
    struct finding finding;

    if (!policy.records || !conf_now()->error_free_null)
        return;
    self = self_enter();
    if (self == NULL)
        return;
    trouble_init(&finding, self, FINDING_FREE_NULL, call, caller, 0);
    finding.place = FINDING_PLACE_NULL;
    trouble_raise(self, &finding);
    self_leave(self);
}

NOINLINE void
free_recorded(struct self *self, void *p, enum origin call, size_t size,
              size_t align, const void *caller)
{
    stack_id stack = STACK_ID_NONE;
    bool is_captured = false;
    struct slot slot;

    if (UNLIKELY(!heap_find((uintptr_t)p, &slot))) {
        free_wrong(self, p, call, caller);
        self_leave(self);
        return;
    }
    /* What is known of the block was not asked for in a while, and comes while
     * the stack is walked. */
    if (LIKELY(policy.sample == 0 && self->note.file == NULL)) {
        alloc_ask_ahead(slot.record, heap_history(&slot), slot.start);
        stack = stack_capture(&self->stacks, caller, NULL, 0);
        is_captured = true;
    }
    if (UNLIKELY(live_user(&slot) != (uintptr_t)p)) {
        free_wrong(self, p, call, caller);
    } else if (LIKELY(!policy.touches) || policy_touch(self, p, call, caller)) {
        if (UNLIKELY(!free_claim(slot.record))) {
            free_wrong(self, p, call, caller);
        } else {
            if (UNLIKELY(!is_captured))
                stack = alloc_capture_free(self, caller, (uintptr_t)p, &slot);
            free_claimed(self, &slot, p, call, size, align, stack, caller);
        }
    }
    self_leave(self);
}

/* Everything else, from entering to leaving. */
static NOINLINE void
free_slow(void *p, enum origin call, size_t size, size_t align,
          const void *caller)
{
    struct self *self;

    if (UNLIKELY(foreign_is_on())) {
        foreign_free(p, call, caller);
        return;
    }
    if (p == NULL) {
        free_null(call, caller);
        return;
    }
    self = self_enter();
    if (UNLIKELY(self == NULL))
        return;
    if (policy.records) {
        free_recorded(self, p, call, size, align, caller);
        return;
    }
    free_plain(self, p, call, caller);
    self_leave(self);
}

/* As track_alloc: a plain heap's own slot goes back without a stack frame. */
HOT void
track_free(void *p, enum origin call, size_t size, size_t align,
           const void *caller)
{
    struct self *self = self_current;
    struct span *span;
    uint32_t index;

    if (UNLIKELY(p == NULL || self == NULL || self->busy)) {
        free_slow(p, call, size, align, caller);
        return;
    }
    if (policy.records) {
        self->busy = true;
        atomic_signal_fence(memory_order_seq_cst);
        if (policy.is_usual)
            usual_free(self, p, call, size, align, caller);
        else if (policy.is_light && (size & align) == TRACK_NOT_GIVEN)
            light_free(self, p, call, caller);
        else if (policy.is_light)
            light_free_told(self, p, call, size, align, caller);
        else
            free_recorded(self, p, call, size, align, caller);
        return;
    }
    span = pagemap_find((uintptr_t)p);
    if (UNLIKELY(span == NULL || span->kind != SPAN_SLOTS ||
                 span->owner != &self->cache ||
                 (uint16_t)(span->used - 1) == span->settle_at)) {
        free_slow(p, call, size, align, caller);
        return;
    }
    self->busy = true;
    atomic_signal_fence(memory_order_seq_cst);
    index = span_index(span, (uintptr_t)p);
    span_push(span, index);
    self_leave_own(self);
}
