/*
 * track/resize.c - realloc's work, and the questions about one block.
 *
 * In place where the slot has room, by moving pages where the block is large,
 * else by making a new block and freeing the old one. A block keeps its
 * origin's family: what was made by malloc stays malloc's, so realloc of a
 * block of another family is a mismatch.
 */
#include <stdatomic.h>
#include <string.h>

#include "conf/conf.h"
#include "guard/guard.h"
#include "track/alloc.h"
#include "track/annotate.h"
#include "track/audit.h"
#include "track/foreign.h"
#include "track/flaw.h"
#include "track/free.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/protect.h"
#include "track/track.h"
#include "track/trouble.h"

/* ---- a heap with records ---- */

/* The block stays in its slot, or its pages move: bring fences, fill, record
 * and counts up to date. */
static void *
settle(struct self *self, const struct slot *slot, uintptr_t user,
       size_t old_size, size_t size, enum origin origin, stack_id stack)
{
    struct record *record = slot->record;

    /* Whoever verifies this block meanwhile sees a fence where the record says
     * there is one: armed before it shrinks, recorded before it grows. */
    if (size < old_size) {
        if (policy.fill >= 0)
            fill_set(user + size, old_size - size, (uint8_t)policy.fill);
        if (guard_has_fences())
            fence_arm(user + size, slot->end);
    } else {
        /* Of slots the old rear fence covers the new one. */
        if (slot->span->kind == SPAN_SLOTS)
            heap_set_block_size(slot, size);
        if (guard_has_fences())
            fence_arm(user + size, slot->end);
        if (policy.alloc_blank >= 0)
            fill_set(user + old_size, size - old_size,
                     (uint8_t)policy.alloc_blank);
    }
    atomic_thread_fence(memory_order_release);
    heap_set_block_size(slot, size);
    if (record->origin != ORIGIN_INTERNAL) {
        self->tally.calls[origin]++;
        tally_free(&self->tally, old_size);
        tally_alloc(&self->tally, size);
        alloc_count(self, stack, size);
        if (!alloc_is_passed_over(stack) || !record->is_bare) {
            struct history *history = alloc_open_history(slot);

            history->alloc_stack = stack;
            history->time = self_stamp(self);
        }
    }
    return (void *)user;
}

/*
 * heap_resize where a heap check in another thread may look on. A single block
 * has its size in the span and, cut to 32 bits, in the record; while they
 * differ it is being resized, its fences are not where either says, and the
 * check passes over it. settle makes them equal again.
 */
static bool
resize_slot(struct self *self, struct slot *slot, size_t size, uintptr_t *user)
{
    struct record *record = slot->record;
    uint32_t old_size = record->size;

    if (slot->span->kind == SPAN_SLOTS)
        return heap_resize(&self->cache, slot, size + heap_layout.tail, user);
    /* Neither the old size nor the new one. */
    record->size = old_size + 1 == (uint32_t)size ? old_size + 2 : old_size + 1;
    atomic_thread_fence(memory_order_release);
    if (heap_resize(&self->cache, slot, size + heap_layout.tail, user))
        return true;
    record->size = old_size;
    return false;
}

static void *
resize_here(struct self *self, struct slot *slot, size_t size,
            enum origin origin, const void *caller)
{
    uintptr_t user = live_user(slot);
    uintptr_t old_user = user;
    size_t old_size = heap_block_size(slot);
    bool is_single = slot->span->kind != SPAN_SLOTS;
    stack_id stack;
    void *p;

    if (conf_now()->realloc_copy)
        return NULL;
    /* The end of a single block's slot, and its place, are not in the record:
     * until both agree again nobody is to verify it. */
    if (is_single)
        atomic_store_explicit(&slot->record->state, BLOCK_NEVER,
                              memory_order_release);
    if (!resize_slot(self, slot, size, &user)) {
        if (is_single)
            atomic_store_explicit(&slot->record->state, BLOCK_LIVE,
                                  memory_order_release);
        return NULL;
    }
    /* The pattern goes by the address, and the pages may have moved. */
    if (guard_has_fences() && user != old_user)
        fence_arm(slot->start - heap_layout.lead, user);
    stack = alloc_capture_block(self, caller, size);
    p = settle(self, slot, user, old_size, size, origin, stack);
    if (is_single)
        atomic_store_explicit(&slot->record->state, BLOCK_LIVE,
                              memory_order_release);
    if (UNLIKELY(policy.attention != 0) && !policy_passes(self))
        policy_after(self, origin, p, (void *)old_user, size, 0, stack,
                     caller);
    return p;
}

/* The checks that free would have done, while the old block is still there. */
static void
check_before(struct self *self, const struct slot *slot, enum origin origin,
             const void *caller)
{
    uintptr_t user = live_user(slot);
    struct finding finding;

    if (policy.mismatch && slot->record->origin != ORIGIN_INTERNAL &&
        !block_is_pair((enum origin)slot->record->origin, origin)) {
        trouble_init(&finding, self, FINDING_MISMATCHED_FREE, origin, caller,
                     user);
        live_describe(slot, &finding.block);
        finding.has_block = true;
        finding.place = FINDING_PLACE_BLOCK;
        trouble_raise(self, &finding);
    }
    if (guard_has_fences() &&
        !guard_is_intact(slot, user, heap_block_size(slot)))
        audit_around(self, slot, origin, caller);
}

static void *
resize_copy(struct self *self, const struct slot *slot, void *p, size_t size,
            enum origin origin, const void *caller)
{
    size_t old_size = heap_block_size(slot);
    void *q = alloc_inside(self, size, 0, false, origin, caller, p);

    if (q == NULL)
        return NULL;
    memcpy(q, p, old_size < size ? old_size : size);
    if (UNLIKELY(annotate_of(slot) != 0))
        annotate_put(q, annotate_of(slot), true);
    /* Another thread may have freed the block meanwhile. */
    if (!free_claim(slot->record))
        free_wrong(self, p, origin, caller);
    else
        free_retire(self, slot, origin,
                    alloc_capture_free(self, caller, (uintptr_t)p, slot),
                    caller);
    return q;
}

static void *
resize_recorded(struct self *self, void *p, size_t size, bool zero_tail,
                enum origin origin, const void *caller)
{
    struct slot slot;
    size_t old_size;
    void *q;

    if (!live_find(p, &slot)) {
        free_wrong(self, p, origin, caller);
        return NULL;
    }
    if (flaw_raise(self, &slot, origin, caller))
        return NULL;
    old_size = heap_block_size(&slot);
    /* The header notes the block; from here on the size says whose note it
     * is. */
    if (self->note.file != NULL && self->note.value == (uintptr_t)p)
        self->note.value = size;
    if (policy.attention != 0) {
        if (!policy_touch(self, p, origin, caller) ||
            (size > old_size &&
             !policy_before(self, size - old_size, origin, caller)))
            return NULL;
    }
    check_before(self, &slot, origin, caller);
    q = resize_here(self, &slot, size, origin, caller);
    if (q == NULL)
        q = resize_copy(self, &slot, p, size, origin, caller);
    if (q != NULL && zero_tail && size > old_size)
        memset((char *)q + old_size, 0, size - old_size);
    return q;
}

/* ---- a heap without ---- */

static void *
resize_plain(struct self *self, void *p, size_t size, bool zero_tail,
             enum origin origin, const void *caller)
{
    uintptr_t user = (uintptr_t)p;
    struct slot slot;
    size_t old_size;
    void *q;

    if (!heap_find(user, &slot)) {
        free_wrong(self, p, origin, caller);
        return NULL;
    }
    old_size = slot.span->kind == SPAN_SLOTS ? slot.end - user
                                             : slot.span->block_size;
    if (heap_resize(&self->cache, &slot, size, &user)) {
        q = (void *)user;
    } else {
        q = alloc_plain(self, size, 0, false);
        if (q == NULL)
            return NULL;
        memcpy(q, p, old_size < size ? old_size : size);
        free_plain(self, p, origin, caller);
    }
    if (zero_tail && size > old_size)
        memset((char *)q + old_size, 0, size - old_size);
    return q;
}

void *
track_resize(void *p, size_t size, bool zero_tail, enum origin origin,
             const void *caller)
{
    struct self *self;
    void *q;

    if (p == NULL)
        return track_alloc(size, 0, zero_tail, origin, caller);
    if (UNLIKELY(foreign_is_on()))
        return foreign_resize(p, size, zero_tail, origin, caller);
    self = self_enter();
    if (self == NULL)
        return NULL;
    if (size > ALLOC_SIZE_MOST) {
        policy_failed(self, size, origin, caller);
        q = NULL;
    } else if (policy.records) {
        q = resize_recorded(self, p, size, zero_tail, origin, caller);
    } else {
        q = resize_plain(self, p, size, zero_tail, origin, caller);
    }
    self_leave(self);
    return q;
}

/* ---- questions about one block ---- */

/* Of what else there may be. */
static NOINLINE size_t
usable_size_anywhere(const void *p, const void *caller)
{
    struct slot slot;
    struct self *self;

    if (p == NULL)
        return 0;
    if (UNLIKELY(foreign_is_on()))
        return foreign_usable_size(p);
    if (!policy.records && heap_find((uintptr_t)p, &slot) &&
        slot.span->kind != SPAN_SLOTS)
        return slot.span->block_size;
    if (policy.records && live_find(p, &slot))
        return heap_block_size(&slot);
    self = self_enter();
    if (self != NULL) {
        free_wrong(self, p, ORIGIN_USABLE_SIZE, caller);
        self_leave(self);
    }
    return 0;
}

size_t
track_usable_size(const void *p, const void *caller)
{
    struct span *span = pagemap_find((uintptr_t)p);
    const struct record *record;
    uint32_t index;

    /* A block in a slot, by its record alone: some programs ask of each. */
    if (UNLIKELY(span == NULL || span->kind != SPAN_SLOTS ||
                 (uintptr_t)p < span->base))
        return usable_size_anywhere(p, caller);
    index = span_index(span, (uintptr_t)p);
    if (UNLIKELY(index >= span->carved))
        return usable_size_anywhere(p, caller);
    if (span->records == NULL)
        return span_slot(span, index) + span->slot_size - (uintptr_t)p;
    record = &span->records[index];
    if (UNLIKELY(atomic_load_explicit(&record->state, memory_order_acquire) !=
                     BLOCK_LIVE ||
                 span_slot(span, index) + record->offset * 16u !=
                     (uintptr_t)p))
        return usable_size_anywhere(p, caller);
    return record->size;
}

unsigned
track_check_block(const void *p, const char *during, const void *caller)
{
    uint64_t before = track_finding_count(FINDING__COUNT);
    struct self *self = self_enter();
    struct slot slot;

    (void)during; /* the call names itself */
    if (self == NULL)
        return 0;
    if (!policy.records) {
        self_leave(self);
        return 0;
    }
    if (!live_find(p, &slot))
        free_wrong(self, p, ORIGIN_CHECK, caller);
    else if (guard_has_fences())
        audit_around(self, &slot, ORIGIN_CHECK, caller);
    /* What it raises is counted below. */
    (void)protect_check(self, SIZE_MAX, "dbgmalloc_check", caller);
    self_leave(self);
    return (unsigned)(track_finding_count(FINDING__COUNT) - before);
}

unsigned
track_check_range(const void *p, size_t n, const char *during,
                  const void *caller)
{
    struct self *self = self_enter();
    uintptr_t addr = (uintptr_t)p;
    struct finding finding;
    unsigned raised = 0;
    struct block block;

    if (self == NULL)
        return 0;
    if (track_examine(addr, &block) &&
        (block.state != BLOCK_LIVE || addr < block.addr ||
         n > block.size - (addr - block.addr) ||
         addr - block.addr > block.size)) {
        trouble_init(&finding, self,
                     block.state == BLOCK_LIVE ? FINDING_CHECK_RANGE
                                               : FINDING_CHECK_FREED,
                     ORIGIN_CHECK, caller, addr);
        finding.during = during;
        finding.block = block;
        finding.has_block = true;
        finding.place = FINDING_PLACE_BLOCK;
        finding.offset = (ptrdiff_t)(addr - block.addr);
        finding.length = n;
        trouble_raise(self, &finding);
        raised = 1;
    }
    self_leave(self);
    return raised;
}
