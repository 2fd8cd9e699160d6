/*
 * track/alloc.c - making a block.
 *
 * The steps are those of the page in track.h: enter, take a slot, capture the
 * caller, arm the fences, fill, write the record, count. The record becomes
 * LIVE last, so whoever finds it LIVE finds a whole block.
 */
#include "track/alloc.h"

#include <string.h>

#include "guard/guard.h"
#include "model/sample.h"
#include "os/page.h"
#include "report/report.h"
#include "track/audit.h"
#include "track/foreign.h"
#include "track/light.h"
#include "track/policy.h"
#include "track/retire.h"
#include "track/track.h"
#include "track/usual.h"

/* Notes are left by the argument of the call that they belong to, so the note's
 * own return address lies shortly before the call's. */
#define NOTE_REACH 512

_Atomic uint32_t alloc_mark;

void
alloc_take_note(struct self *self, const void *caller, size_t size,
                const char **out_file, unsigned *out_line)
{
    struct self_note *note = &self->note;
    uintptr_t distance = stack_pc(caller) - note->pc;
    /* calloc and the like were noted with one of the factors. */
    bool is_value = note->value == 0 || size % note->value == 0;
    /* A function of libc's makes the call that a note without place is for. */
    bool is_here =
        note->pc == 0 ? note->value == size : distance < NOTE_REACH && is_value;

    if (note->is_explicit || is_here) {
        *out_file = note->file;
        *out_line = note->line;
    }
    note->file = NULL;
}

COLD void
alloc_count_sampled(struct self *self, stack_id id, size_t size)
{
    double weight;

    if (id == STACK_ID_NONE)
        return;
    weight = sample_weight(size, policy.sample);
    stack_count_many(id, sampler_whole(&self->sampler, weight),
                     sampler_whole(&self->sampler, weight * (double)size));
}

/* A slot with guard pages for a block that is due; false where there is none
 * to be had. */
static bool
take_guarded(struct self *self, size_t size, size_t align, struct slot *slot,
             uintptr_t *user)
{
    bool is_refused;

    if (guardpage_alloc(&self->cache, &self->turn, size, align, slot, user,
                        &is_refused))
        return true;
    if (is_refused)
        report_line("guard: the kernel has no room for more guard pages (see "
                    "vm.max_map_count); %zu blocks have them, others get "
                    "fences until some of these are freed",
                    (size_t)guardpage_count());
    return false;
}

/* Turn from the slot that was taken to one with guard pages. */
static void
change_slot(struct self *self, size_t size, size_t align, struct slot *slot,
            uintptr_t *user, const void *caller)
{
    struct slot guarded, unused = *slot;
    uintptr_t unused_user = *user;

    if (!take_guarded(self, size, align, &guarded, user))
        return;
    *slot = guarded;
    /* A slot that was had once keeps the pattern at its end. */
    retire_recall(self, &unused, caller);
    if (guard_has_fences() && !guard_arm(&unused, unused_user, size))
        audit_late_damage(self, &unused, unused_user, size, caller);
    heap_free(&self->cache, &unused);
}

/* A block that is filled, and so large, is had from the kernel at once. */
#define POPULATE_LEAST ((size_t)32 << 10)

/* What finish does with the slot where options want more of it. */
static NOINLINE void
prepare_special(struct self *self, struct slot *slot, uintptr_t *user,
                size_t size, size_t align, bool zero, const void *caller)
{
    if ((policy.memory & POLICY_GUARD_SOME) != 0 &&
        guardpage_is_due(&self->turn, size))
        change_slot(self, size, align, slot, user, caller);
    retire_recall(self, slot, caller);
    if (size >= POPULATE_LEAST && !zero && policy.alloc_blank >= 0)
        page_populate((void *)slot->start, slot->end - slot->start);
    if (guard_has_fences() && !guard_arm(slot, *user, size))
        audit_late_damage(self, slot, *user, size, caller);
    if (zero && !slot->is_zero)
        memset((void *)*user, 0, size);
    else if (!zero && policy.alloc_blank >= 0)
        fill_set(*user, size, (uint8_t)policy.alloc_blank);
}

/* Nothing more is wanted of this block's memory than fences. */
static ALWAYS_INLINE bool
is_ordinary(struct self *self)
{
    return LIKELY(policy.memory == 0) || (policy.memory == POLICY_GUARD_SOME &&
                                          guardpage_passes(&self->turn));
}

/* Everything after the slot is had. */
static ALWAYS_INLINE void *
finish(struct self *self, struct slot *slot, uintptr_t user, size_t size,
       size_t align, bool zero, enum origin origin, const void *caller,
       const void *old)
{
    stack_id stack;

    if (LIKELY(policy.sample == 0))
        alloc_ask_ahead(slot->record, heap_history(slot), user + size);
    stack = alloc_capture_block(self, caller, size);
    if (alloc_is_unrecorded(self))
        origin = ORIGIN_INTERNAL;
    if (UNLIKELY(!is_ordinary(self))) {
        prepare_special(self, slot, &user, size, align, zero, caller);
    } else {
        if (guard_has_fences() && UNLIKELY(!guard_arm(slot, user, size)))
            audit_late_damage(self, slot, user, size, caller);
        if (zero && !slot->is_zero)
            memset((void *)user, 0, size);
    }
    if (alloc_is_passed_over(stack) && align == 0 && user == slot->start) {
        alloc_write_bare(slot->record, size, origin);
    } else {
        alloc_write_history(self, heap_history(slot), align, stack);
        alloc_write_record(slot->record, (unsigned)((user - slot->start) / 16),
                           size, origin);
    }
    if (LIKELY(origin != ORIGIN_INTERNAL)) {
        self->tally.calls[origin]++;
        tally_alloc(&self->tally, size);
        alloc_count(self, stack, size);
    }
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, origin, (void *)user, old, size, align, stack,
                     caller);
    return (void *)user;
}

void *
alloc_plain(struct self *self, size_t size, size_t align, bool zero)
{
    struct slot slot;
    uintptr_t user;

    if (!heap_alloc(&self->cache, size == 0 ? 1 : size, align, &slot, &user))
        return NULL;
    if (slot.span->kind != SPAN_SLOTS)
        atomic_store_explicit(&slot.record->state, BLOCK_LIVE,
                              memory_order_release);
    if (zero && !slot.is_zero)
        memset((void *)user, 0, size);
    return (void *)user;
}

void *
alloc_inside(struct self *self, size_t size, size_t align, bool zero,
             enum origin origin, const void *caller, const void *old)
{
    struct slot slot;
    uintptr_t user;
    size_t total;

    if (size > ALLOC_SIZE_MOST || align > ALLOC_SIZE_MOST / 2)
        goto fail;
    if (UNLIKELY(size == 0) && !policy_zero(self, origin, caller)) {
        self->note.file = NULL;
        return NULL;
    }
    if (!policy.records) {
        void *p = alloc_plain(self, size, align, zero);

        if (p == NULL)
            goto fail;
        return p;
    }
    if (policy.attention != 0 && !policy_before(self, size, origin, caller))
        goto fail;
    if (align < policy.align && policy.align > 16)
        align = policy.align;
    if (UNLIKELY((policy.memory & POLICY_GUARD_ALL) != 0) &&
        take_guarded(self, size, align, &slot, &user))
        return finish(self, &slot, user, size, align <= 16 ? 0 : align, zero,
                      origin, caller, old);
    total = size + heap_layout.tail;
    if (total == 0)
        total = 1;
    /* What is held back is given up before a request is refused. */
    while (!heap_alloc(&self->cache, total, align, &slot, &user)) {
        if (policy.memory == 0 || !retire_relieve(self, caller))
            goto fail;
    }
    return finish(self, &slot, user, size, align <= 16 ? 0 : align, zero,
                  origin, caller, old);
fail:
    self->tally.failures++;
    self->note.file = NULL;
    policy_failed(self, size, origin, caller);
    return NULL;
}

NOINLINE void *
alloc_recorded(struct self *self, size_t size, bool zero, enum origin origin,
               const void *caller)
{
    unsigned class = sizeclass_of(size + heap_layout.tail);
    struct span *span;
    struct slot slot;
    bool is_fresh;
    uint32_t index = tcache_take(&self->cache, class, &span, &is_fresh);
    void *p;

    if (UNLIKELY(index == SPAN_NONE)) {
        p = alloc_inside(self, size, 0, zero, origin, caller, NULL);
    } else {
        slot.start = span_slot(span, index);
        slot.is_fresh = is_fresh;
        slot.is_zero = is_fresh && span->is_zero;
        slot.span = span;
        slot.index = index;
        slot.end = slot.start + span->slot_size;
        slot.record = &span->records[index];
        p = finish(self, &slot, slot.start, size, 0, zero, origin, caller,
                   NULL);
    }
    self_leave(self);
    return p;
}

NOINLINE void *
alloc_leave_telling(struct self *self, void *p)
{
    tally_tell(&self->tally);
    self_leave_own(self);
    return p;
}

/* Everything else, from entering to leaving. */
static NOINLINE void *
alloc_slow(size_t size, size_t align, bool zero, enum origin origin,
           const void *caller)
{
    struct self *self;
    void *p;

    if (UNLIKELY(foreign_is_on()))
        return foreign_alloc(size, align, zero, origin, caller);
    self = self_enter();
    if (UNLIKELY(self == NULL))
        return NULL;
    p = alloc_inside(self, size, align, zero, origin, caller, NULL);
    self_leave(self);
    return p;
}

/*
 * The quick ways are open if this thread has a self that is not busy. A plain
 * heap's is written so that the compiler needs no stack frame for it.
 */
HOT void *
track_alloc(size_t size, size_t align, bool zero, enum origin origin,
            const void *caller)
{
    struct self *self = self_current;
    struct span *span;
    uint32_t index;
    uintptr_t p;

    if (UNLIKELY(self == NULL || self->busy || align > 16 ||
                 size - 1 >= policy.quick_size))
        return alloc_slow(size, align, zero, origin, caller);
    self->busy = true;
    atomic_signal_fence(memory_order_seq_cst);
    if (policy.is_usual)
        return usual_alloc(self, size, zero, origin, caller);
    if (policy.is_light)
        return light_alloc(self, size, zero, origin, caller);
    if (policy.records)
        return alloc_recorded(self, size, zero, origin, caller);
    span = self->cache.current[sizeclass_of(size)];
    index = span->free_head;
    if (UNLIKELY(index == SPAN_NONE || zero)) {
        self_leave_own(self);
        return alloc_slow(size, align, zero, origin, caller);
    }
    span_pop(span, index);
    p = span_slot(span, index);
    self_leave_own(self);
    return (void *)p;
}
