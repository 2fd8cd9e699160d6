/*
 * track/retire.c - filling, holding, verifying and letting go.
 */
#include "track/retire.h"

#include <stdatomic.h>
#include <string.h>

#include "guard/guard.h"
#include "os/process.h"
#include "track/audit.h"
#include "track/flaw.h"
#include "track/free.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/trouble.h"

/* Atomic; never-reuse: memory of freed blocks whose pages are not closed. */
static _Atomic uint64_t spent_blocks;
static _Atomic uint64_t spent_bytes;

static bool
is_nested(const struct self *self)
{
    return self->outer != NULL;
}

static bool
is_slots(const struct slot *slot)
{
    return slot->span->kind == SPAN_SLOTS;
}

static void
set_state(struct record *record, enum block_state state)
{
    atomic_store_explicit(&record->state, (uint8_t)state,
                          memory_order_release);
}

/* ---- verifying ---- */

/* Where the fill of `n` bytes at `addr` is damaged. */
static bool
inspect_fill(uintptr_t addr, size_t n, uint8_t fill, struct fence_damage *out)
{
    struct fence_damage damage = {0, 0, 0};
    uintptr_t end = addr + n;

    while (addr < end &&
           UNLIKELY(fill_find_damage(addr, end - addr, fill, &addr))) {
        if (damage.count++ == 0)
            damage.first = addr;
        damage.last = addr++;
    }
    if (LIKELY(damage.count == 0))
        return false;
    *out = damage;
    return true;
}

/* The bytes of a freed block that its fences do not answer for: the slack
 * before and after it, up to the fence that it shares with its neighbour. */
static bool
inspect_slack(const struct slot *slot, uintptr_t user, size_t size,
              struct fence_damage *out)
{
    uintptr_t keep = slot->end - heap_layout.lead;

    if (!guard_has_fences())
        return false;
    if (user + size < keep && !fence_is_intact(user + size, keep))
        return fence_inspect(user + size, keep, out);
    if (user > slot->start && !fence_is_intact(slot->start, user))
        return fence_inspect(slot->start, user, out);
    return false;
}

bool
retire_inspect(struct self *self, const struct slot *slot,
               const struct live_copy *copy, enum origin call,
               const char *during, const void *caller, struct finding *finding)
{
    uintptr_t user = slot->start + (uintptr_t)copy->record.offset * 16;
    size_t size = is_slots(slot) ? copy->record.size : slot->span->block_size;
    struct fence_damage damage;
    bool in_fill;

    if (policy.fill < 0 || copy->record.is_bare ||
        !policy_is_filled(copy->history.time) || heap_is_closed(slot))
        return false;
    in_fill = inspect_fill(user, size, (uint8_t)policy.fill, &damage);
    if (LIKELY(!in_fill &&
               !(is_slots(slot) && inspect_slack(slot, user, size, &damage))))
        return false;
    trouble_init(finding, self, FINDING_WRITE_AFTER_FREE, call, caller,
                 damage.first);
    finding->during = during;
    live_describe(slot, &finding->block);
    finding->has_block = true;
    finding->place = FINDING_PLACE_BLOCK;
    finding->offset = (ptrdiff_t)(damage.first - user);
    finding->length = damage.count;
    if (in_fill)
        trouble_fill_bytes(finding, damage.first,
                           damage.last + 1 - damage.first,
                           (uint8_t)policy.fill);
    else
        trouble_bytes(finding, damage.first, damage.last + 1 - damage.first);
    return true;
}

void
retire_mend(const struct finding *finding)
{
    const struct block *block = &finding->block;
    uintptr_t end = block->addr + block->size;
    uintptr_t keep = block->slot + block->slot_size - heap_layout.lead;

    fill_set(block->addr, block->size, (uint8_t)policy.fill);
    if (!guard_has_fences())
        return;
    /* What is shared with the next block may be damaged too, and is not what
     * was found here. */
    if (end < keep)
        fence_arm(end, keep);
    fence_arm_odd(block->slot, block->addr);
}

/* Verify the block in `slot`, which is this thread's for the moment. */
static NOINLINE void
verify(struct self *self, const struct slot *slot, enum origin call,
       const char *during, const void *caller)
{
    struct live_copy copy;
    struct finding finding;

    live_take_copy(slot, &copy);
    if (LIKELY(
            !retire_inspect(self, slot, &copy, call, during, caller, &finding)))
        return;
    retire_mend(&finding);
    trouble_raise(self, &finding);
}

/* ---- letting go ---- */

static void
verify_and_let_go(struct self *self, struct span *span, uint32_t index,
                  const void *caller)
{
    struct slot slot;

    heap_slot_at(span, index, &slot);
    BUG_IF(atomic_load(&slot.record->state) != BLOCK_QUARANTINED);
    if (!is_slots(&slot) || !retire_is_intact(&slot))
        verify(self, &slot, ORIGIN_FREE,
               "free, as the block left the quarantine", caller);
    /* Before the pages open, which hold no fill. */
    set_state(slot.record, BLOCK_FREED);
    if (!heap_unshield(&slot))
        return; /* never used again */
    heap_free(&self->cache, &slot);
}

/* With check-blank a block is verified when its memory is used again or given
 * back: what would be found now is found then, too. */
static ALWAYS_INLINE void
let_go(struct self *self, quarantine_slot held, const void *caller)
{
    struct span *span = quarantine_span(held);
    uint32_t index = quarantine_index(held);

    if (span->kind != SPAN_SLOTS ||
        (policy.memory & POLICY_CHECK_BLANK) == 0) {
        verify_and_let_go(self, span, index, caller);
        return;
    }
    set_state(&span->records[index], BLOCK_BLANK);
    tcache_give(&self->cache, span, index);
}

/* Blocks that leave were not touched for long: what is looked at of them is
 * asked of memory this many blocks before. */
#define PREFETCH_AHEAD 8
#define PREFETCH_MOST 256u /* bytes of each */

static ALWAYS_INLINE void
prefetch(quarantine_slot held)
{
    const struct span *span = quarantine_span(held);
    uint32_t index = quarantine_index(held);

    if (span->kind != SPAN_SLOTS)
        return;
    arch_prefetch_write(&span->records[index]);
    arch_prefetch_write(span_history(span, index));
    for (uint32_t at = 0; at < span->slot_size && at < PREFETCH_MOST; at += 64)
        arch_prefetch_write((const void *)(span_slot(span, index) + at));
}

/* Let go the blocks of these batches. */
static void
let_all_go(struct self *self, struct quarantine_batch *batch,
           const void *caller)
{
    struct quarantine_batch *next;

    self->giving = caller;
    for (; batch != NULL; batch = next) {
        next = batch->next;
        for (uint32_t i = batch->first; i < batch->count; i++) {
            if (i + PREFETCH_AHEAD < batch->count)
                prefetch(batch->slots[i + PREFETCH_AHEAD]);
            let_go(self, batch->slots[i], caller);
        }
        quarantine_give(batch, is_nested(self));
    }
    self->giving = NULL;
}

bool
retire_relieve(struct self *self, const void *caller)
{
    struct quarantine_batch *batch =
        quarantine_empty(&self->held, is_nested(self));

    let_all_go(self, batch, caller);
    return batch != NULL;
}

void
retire_hand_over(struct self *self)
{
    let_all_go(self, quarantine_hand_over(&self->held, is_nested(self)), NULL);
}

/* ---- never-reuse ---- */

/* The last block of a span is freed: verify what all of them hold, then give
 * their memory back. */
static void
close_span(struct self *self, struct span *span, const void *caller)
{
    uint64_t bytes = 0;
    struct slot slot;

    for (uint32_t i = 0; i < span->capacity; i++) {
        heap_slot_at(span, i, &slot);
        audit_slot(self, &slot, "free, as memory was given back", caller);
        bytes += slot.end - slot.start;
    }
    heap_close_spent(&self->cache, span);
    if (!heap_is_closed(&slot))
        return;
    atomic_fetch_sub(&spent_blocks, span->capacity);
    atomic_fetch_sub(&spent_bytes, bytes);
}

static void
spend(struct self *self, const struct slot *slot, const void *caller)
{
    atomic_fetch_add(&spent_blocks, 1);
    atomic_fetch_add(&spent_bytes, slot->end - slot->start);
    if (is_slots(slot) && heap_spend(slot))
        close_span(self, slot->span, caller);
}

/* ---- the two ends of a slot's time without a block ---- */

static void
hold(struct self *self, const struct slot *slot, const void *caller)
{
    bool is_held;
    struct quarantine_batch *batch =
        quarantine_insert(&self->held, slot, is_nested(self), &is_held);

    if (UNLIKELY(!is_held))
        let_go(self, quarantine_slot_of(slot->span, slot->index), caller);
    if (batch != NULL)
        let_all_go(self, batch, caller);
}

void
retire_block(struct self *self, const struct slot *slot, uintptr_t user,
             size_t size, const void *caller)
{
    unsigned memory = policy.memory;

    if (slot->span->is_guarded)
        guardpage_end();
    /* A size that was overwritten is not to be filled. */
    if (UNLIKELY(is_slots(slot) && size > slot->end - user)) {
        set_state(slot->record, BLOCK_QUARANTINED); /* then the size counts */
        (void)flaw_raise(self, slot, ORIGIN_FREE, caller);
        return;
    }
    if ((memory & (POLICY_QUARANTINE | POLICY_SPEND)) == 0) {
        /* Guarded pages close. */
        if (policy.fill >= 0 && !slot->span->is_guarded)
            fill_set(user, size, (uint8_t)policy.fill);
        if ((memory & POLICY_CHECK_BLANK) != 0 && is_slots(slot))
            set_state(slot->record, BLOCK_BLANK);
        self->giving = caller;
        heap_free(&self->cache, slot);
        self->giving = NULL;
        return;
    }
    /* Closed pages tell more than a fill, and cost less than a large one. */
    if (is_slots(slot) || !heap_shield(&self->cache, slot))
        fill_set(user, size, (uint8_t)policy.fill);
    set_state(slot->record, BLOCK_QUARANTINED);
    if ((memory & POLICY_SPEND) != 0) {
        if (!heap_is_closed(slot))
            spend(self, slot, caller);
        return;
    }
    hold(self, slot, caller);
}

void
retire_slot(struct self *self, struct span *span, uint32_t index, size_t size,
            const void *caller)
{
    uintptr_t start = span_slot(span, index);
    struct slot slot;

    if (UNLIKELY((policy.memory & POLICY_QUARANTINE) == 0 ||
                 size > span->slot_size)) {
        heap_slot_at(span, index, &slot);
        retire_block(self, &slot, start, size, caller);
        return;
    }
    fill_set(start, size, (uint8_t)policy.fill);
    set_state(&span->records[index], BLOCK_QUARANTINED);
    if (LIKELY(quarantine_add(&self->held, span, index)))
        return;
    heap_slot_at(span, index, &slot);
    hold(self, &slot, caller);
}

/* The slot, which is this thread's, is BLANK no more: from here on heap checks
 * do not look for the fill. False where it may be damaged. */
static ALWAYS_INLINE bool
unblank(struct span *span, uint32_t index)
{
    struct record *record = &span->records[index];
    uintptr_t start = span_slot(span, index);
    uintptr_t end = start + span->slot_size;
    size_t size = record->size;

    if (atomic_load_explicit(&record->state, memory_order_relaxed) !=
        BLOCK_BLANK)
        return true;
    set_state(record, BLOCK_FREED);
    return (policy.memory & POLICY_CHECK_BLANK) == 0 ||
           LIKELY(record->offset == 0 && !record->is_bare &&
                  policy.fill_since == 0 &&
                  heap_layout.tail == SLOTFENCE_BYTES &&
                  size <= span->slot_size - SLOTFENCE_BYTES &&
                  fill_is_intact(start, size, (uint8_t)policy.fill) &&
                  slotfence_is_slack_intact(start + size, end));
}

static NOINLINE void
verify_slot(struct self *self, struct span *span, uint32_t index,
            enum origin call, const char *during, const void *caller)
{
    struct slot slot;

    heap_slot_in(span, index, &slot);
    if (!retire_is_intact(&slot))
        verify(self, &slot, call, during, caller);
}

NOINLINE void
retire_recall_slot(struct self *self, struct span *span, uint32_t index,
                   const void *caller)
{
    if (UNLIKELY(!unblank(span, index)))
        verify_slot(self, span, index, ORIGIN_MALLOC,
                    "malloc, as its memory was to be used again", caller);
}

void
retire_recall(struct self *self, const struct slot *slot, const void *caller)
{
    if (is_slots(slot))
        retire_recall_slot(self, slot->span, slot->index, caller);
}

/* The last block of the span was freed a while ago. */
static void
close_blank(struct tcache *cache, struct span *span)
{
    struct self *self = CONTAINER_OF(cache, struct self, cache);

    if ((policy.memory & POLICY_CHECK_BLANK) == 0)
        return;
    for (uint32_t i = 0; i < span->carved; i++) {
        if (UNLIKELY(!unblank(span, i)))
            verify_slot(self, span, i, ORIGIN_FREE,
                        "free, as memory was given back", self->giving);
    }
}

void
retire_start(void)
{
    heap_set_closing_hook(close_blank);
}

static void
add_held(struct self *self, void *context)
{
    uint64_t *totals = context;

    totals[0] += atomic_load_explicit(&self->held.blocks, memory_order_relaxed);
    totals[1] += atomic_load_explicit(&self->held.bytes, memory_order_relaxed);
}

void
retire_totals(uint64_t *out_blocks, uint64_t *out_bytes)
{
    uint64_t totals[2] = {0, 0};

    quarantine_totals(&totals[0], &totals[1]);
    self_each(add_held, totals);
    *out_blocks = totals[0] + atomic_load(&spent_blocks);
    *out_bytes = totals[1] + atomic_load(&spent_bytes);
}
