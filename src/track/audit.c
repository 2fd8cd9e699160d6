/*
 * track/audit.c - gaps: what lies between blocks, and whose fault damage is.
 */
#include "track/audit.h"

#include <stdatomic.h>
#include <string.h>

#include "guard/guard.h"
#include "meta/vector.h"
#include "os/arch/arch.h"
#include "track/flaw.h"
#include "track/live.h"
#include "track/policy.h"
#include "track/protect.h"
#include "track/retire.h"
#include "track/track.h"
#include "track/trouble.h"

#define FINDINGS_PER_CHECK 256
#define SLICE_SLOTS 256
#define SLICE_SHARE 99 /* of the time, a slice may take one part in this */
#define SLICE_CALLS 64
#define SLICE_STAMPS_MOST 4 /* steps of stamp.h that count of a slice */
#define SLICE_PROTECTED 8   /* blocks of protect.h */

/* A side of a gap: a slot, or nothing. */
struct side {
    bool exists;
    bool is_live;
    struct slot slot;
    struct live_copy copy; /* as it was read */
};

struct gap {
    struct side left;
    struct side right;
    uintptr_t from;
    uintptr_t to;
};

/* ---- reading a gap ---- */

/* `busy` is a record that its own thread is just freeing: it counts as live. */
static void
read_side(struct side *side, struct span *span, uint32_t index,
          const struct record *busy)
{
    heap_slot_at(span, index, &side->slot);
    live_take_copy(&side->slot, &side->copy);
    /* A single block may have changed its place since: the record tells only
     * of what happens after it was read. */
    if (span->kind != SPAN_SLOTS)
        heap_slot_at(span, index, &side->slot);
    side->exists = side->copy.record.state != BLOCK_NEVER;
    side->is_live =
        side->copy.record.state == BLOCK_LIVE || side->slot.record == busy;
}

static uintptr_t
side_user(const struct side *side)
{
    return side->slot.start + (uintptr_t)side->copy.record.offset * 16;
}

static size_t
side_size(const struct side *side)
{
    return side->slot.span->kind == SPAN_SLOTS ? side->copy.record.size
                                               : side->slot.span->block_size;
}

/* Where the gap before a slot begins that has none before it. */
static uintptr_t
gap_front(const struct slot *slot)
{
    return slot->index == 0 ? heap_front(slot->span)
                            : slot->start - heap_layout.lead;
}

/* True while another thread changes the size of a single block, and with it
 * where its fences are (resize.c). */
static bool
side_is_resizing(const struct side *side)
{
    return side->is_live && side->slot.span->kind != SPAN_SLOTS &&
           side->copy.record.size != (uint32_t)side->slot.span->block_size;
}

/*
 * Read the gap to the left of slot `index`; for `index` == carved the one to
 * the right of the last slot. False where there is nothing to verify.
 */
static bool
gap_read(struct span *span, uint32_t index, const struct record *busy,
         struct gap *gap)
{
    uint32_t count = span->kind == SPAN_SLOTS ? span->carved : 1;

    memset(gap, 0, sizeof(*gap));
    if (index > 0)
        read_side(&gap->left, span, index - 1, busy);
    if (index < count)
        read_side(&gap->right, span, index, busy);
    /* With shuffle the left one may be a slot that was never handed out. */
    if (!gap->left.exists && !gap->right.exists)
        return false;
    if (side_is_resizing(&gap->left) || side_is_resizing(&gap->right))
        return false;
    if (gap->left.is_live)
        gap->from = side_user(&gap->left) + side_size(&gap->left);
    else if (gap->left.exists)
        gap->from = gap->left.slot.end - heap_layout.lead;
    else
        gap->from = gap_front(&gap->right.slot);
    if (gap->right.is_live)
        gap->to = side_user(&gap->right);
    else if (gap->left.exists)
        gap->to = gap->left.slot.end;
    else
        gap->to = gap->right.slot.start;
    /* A single block that was freed has no fence but its lead. */
    return span->kind == SPAN_SLOTS || gap->left.is_live || gap->right.is_live;
}

static bool
side_changed(const struct side *side)
{
    return side->exists && live_has_changed(&side->slot, &side->copy);
}

/* True if the gap is damaged, and was while its records stood still. */
static bool
gap_is_damaged(struct span *span, uint32_t index, const struct record *busy,
               struct gap *gap, struct fence_damage *damage)
{
    for (int i = 0; i < 3; i++) {
        if (!gap_read(span, index, busy, gap) || gap->from >= gap->to ||
            fence_is_odd_intact(gap->from, gap->to))
            return false;
        if (side_changed(&gap->left) || side_changed(&gap->right))
            continue;
        if (!fence_inspect(gap->from, gap->to, damage))
            return false;
        if (!side_changed(&gap->left) && !side_changed(&gap->right))
            return true;
    }
    return false;
}

/* ---- saying whose it is ---- */

static void
describe_side(const struct side *side, struct block *out_block)
{
    live_describe(&side->slot, out_block);
    if (side->is_live && out_block->state != BLOCK_LIVE) {
        /* It is being freed at this moment, and that is not its story. */
        out_block->state = BLOCK_LIVE;
        out_block->freed = NULL;
        out_block->free_thread = 0;
    }
}

static void
gap_blame(const struct gap *gap, const struct fence_damage *damage,
          struct finding *finding)
{
    const struct side *guilty = &gap->left, *other = &gap->right;
    size_t from_left = damage->first - gap->from;
    size_t from_right = gap->to - 1 - damage->last;

    finding->kind = FINDING_OVERRUN;
    if (!gap->left.exists || (gap->right.is_live &&
                              (!gap->left.is_live || from_right < from_left))) {
        guilty = &gap->right;
        other = &gap->left;
        finding->kind =
            gap->right.is_live ? FINDING_UNDERRUN : FINDING_WRITE_AFTER_FREE;
    } else if (!gap->left.is_live && gap->left.exists) {
        finding->kind = FINDING_WRITE_AFTER_FREE;
    }
    describe_side(guilty, &finding->block);
    finding->has_block = true;
    finding->place = FINDING_PLACE_BLOCK;
    finding->addr = damage->first;
    finding->offset = (ptrdiff_t)(damage->first - finding->block.addr);
    finding->length = damage->count;
    /* The other may have done it unless the damage begins at the very edge. */
    if (other->exists &&
        (finding->kind == FINDING_UNDERRUN ? from_right : from_left) != 0) {
        describe_side(other, &finding->culprit);
        finding->has_culprit = true;
    }
    trouble_bytes(finding, damage->first, damage->last + 1 - damage->first);
}

static void
mend(const struct fence_damage *damage)
{
    for (uintptr_t at = damage->first; at <= damage->last; at++)
        *(volatile uint8_t *)at = fence_byte(at);
}

static bool
check_gap(struct self *self, struct span *span, uint32_t index,
          const struct record *busy, enum origin call, const void *caller,
          struct finding *finding)
{
    struct fence_damage damage;
    struct gap gap;

    if (!gap_is_damaged(span, index, busy, &gap, &damage))
        return false;
    trouble_init(finding, self, FINDING_OVERRUN, call, caller, damage.first);
    gap_blame(&gap, &damage, finding);
    mend(&damage);
    return true;
}

COLD void
audit_around(struct self *self, const struct slot *slot, enum origin call,
             const void *caller)
{
    struct finding finding;

    for (uint32_t i = slot->index; i <= slot->index + 1; i++) {
        if (check_gap(self, slot->span, i, slot->record, call, caller,
                      &finding))
            trouble_raise(self, &finding);
    }
}

COLD void
audit_late_damage(struct self *self, const struct slot *slot, uintptr_t user,
                  size_t size, const void *caller)
{
    struct finding finding;

    if (check_gap(self, slot->span, slot->index + 1, NULL, ORIGIN_MALLOC,
                  caller, &finding))
        trouble_raise(self, &finding);
    fence_arm(user + size, slot->end);
}

/* ---- everything ---- */

struct check {
    struct self *self;
    const char *during;
    const void *caller;
    struct vector findings;
};

static void
keep(struct check *check, const struct finding *finding)
{
    struct finding *kept = check->findings.count < FINDINGS_PER_CHECK
                               ? vector_add(&check->findings)
                               : NULL;

    if (kept == NULL)
        return;
    *kept = *finding;
    kept->during = check->during;
}

/* The fill of a freed block, which is there while its record says so. */
static void
check_fill(struct check *check, const struct slot *slot)
{
    uint8_t state =
        atomic_load_explicit(&slot->record->state, memory_order_acquire);
    struct live_copy copy;
    struct finding finding;

    if (state != BLOCK_QUARANTINED && state != BLOCK_BLANK)
        return;
    live_take_copy(slot, &copy);
    if (copy.record.state != state ||
        !retire_inspect(check->self, slot, &copy, ORIGIN_CHECK, check->during,
                        check->caller, &finding) ||
        live_has_changed(slot, &copy))
        return;
    retire_mend(&finding);
    keep(check, &finding);
}

/*
 * The record of the slot and the fence that it answers for are in order, as
 * nearly all are. Read without care for other threads: what is not in order is
 * looked at again.
 */
static ALWAYS_INLINE bool
is_in_order(const struct slot *slot)
{
    const struct record *record = slot->record;
    uint8_t state = atomic_load_explicit(&record->state, memory_order_acquire);
    size_t end = (size_t)record->offset * 16 + record->size;

    /* The first slot answers for the lead, too. */
    if (slot->index == 0 || state == BLOCK_NEVER)
        return false;
    if (state == BLOCK_LIVE
            ? record->origin >= ORIGIN__COUNT ||
                  end + heap_layout.tail > slot->end - slot->start
            : state != BLOCK_FREED && !retire_is_intact(slot))
        return false;
    if (state != BLOCK_LIVE)
        end = slot->end - slot->start - heap_layout.lead;
    if (!guard_has_fences())
        return true;
    /* An aligned block has its front fence in its own slot. */
    if (slot->index + 1 < slot->span->carved && record[1].offset != 0)
        return false;
    return fence_is_intact(slot->start + end, slot->end);
}

static bool
check_slot(const struct slot *slot, void *context)
{
    struct check *check = context;
    uint32_t first = slot->index == 0 ? 0 : slot->index + 1;
    struct finding flaw;

    if (heap_is_closed(slot) ||
        (slot->span->kind == SPAN_SLOTS && LIKELY(is_in_order(slot))))
        return true;
    if (flaw_find(check->self, slot, ORIGIN_CHECK, check->during, check->caller,
                  &flaw)) {
        keep(check, &flaw);
        return check->findings.count < FINDINGS_PER_CHECK;
    }
    check_fill(check, slot);
    if (!guard_has_fences())
        return check->findings.count < FINDINGS_PER_CHECK;
    /* Each slot answers for the gap to its right, the first for the lead. */
    for (uint32_t i = first; i <= slot->index + 1; i++) {
        struct finding finding;

        if (check_gap(check->self, slot->span, i, NULL, ORIGIN_CHECK,
                      check->caller, &finding))
            keep(check, &finding);
    }
    return check->findings.count < FINDINGS_PER_CHECK;
}

/* Raise what a walk found, now that its locks are given back. */
static unsigned
raise_all(struct check *check)
{
    unsigned count = (unsigned)check->findings.count;

    for (unsigned i = 0; i < count; i++)
        trouble_raise(check->self,
                      &VECTOR_AT(&check->findings, struct finding, i));
    vector_fini(&check->findings);
    return count;
}

unsigned
audit_all(struct self *self, const char *during, const void *caller)
{
    struct check check = {.self = self,
                          .during = during,
                          .caller = caller,
                          .findings = VECTOR_INIT(struct finding)};
    unsigned count, total = 0;

    if (!policy.records)
        return 0;
    /* What was found is mended, so another round finds what is left. */
    do {
        heap_walk(check_slot, &check);
        count = raise_all(&check);
        total += count;
    } while (count == FINDINGS_PER_CHECK);
    return total + flaw_check(self, during, caller) +
           protect_check(self, SIZE_MAX, during, caller);
}

void
audit_slot(struct self *self, const struct slot *slot, const char *during,
           const void *caller)
{
    struct check check = {.self = self,
                          .during = during,
                          .caller = caller,
                          .findings = VECTOR_INIT(struct finding)};

    (void)check_slot(slot, &check); /* true: it looked at all there is */
    (void)raise_all(&check);        /* the findings are what matters */
}

void
audit_slice(struct self *self, const void *caller)
{
    static _Atomic bool is_running;   /* by one thread at a time ... */
    static struct heap_cursor cursor; /* ... which alone uses these */
    static _Atomic uint64_t due_ticks;
    struct check check = {.self = self,
                          .during = "heap check",
                          .caller = caller,
                          .findings = VECTOR_INIT(struct finding)};
    uint64_t begin, took;

    if (self->until_slice > 0) {
        self->until_slice--;
        return;
    }
    self->until_slice = SLICE_CALLS - 1;
    if (!policy.records)
        return;
    begin = arch_ticks();
    if (begin < atomic_load_explicit(&due_ticks, memory_order_relaxed) ||
        atomic_exchange(&is_running, true))
        return;
    (void)heap_walk_some(&cursor, SLICE_SLOTS, check_slot, &check);
    took = arch_ticks() - begin;
    /* A slice that takes that long was switched out. */
    if (took > stamp_ticks(SLICE_STAMPS_MOST))
        took = stamp_ticks(SLICE_STAMPS_MOST);
    atomic_store(&due_ticks, begin + took * (SLICE_SHARE + 1));
    atomic_store(&is_running, false);
    (void)raise_all(&check); /* the findings are what matters */
    (void)protect_check(self, SLICE_PROTECTED, check.during, caller);
}

/* ---- the checks of the API ---- */

unsigned
track_check_all(const char *during, const void *caller)
{
    struct self *self = self_enter();
    unsigned count;

    if (self == NULL)
        return 0;
    count = audit_all(self, during, caller);
    self_leave(self);
    return count;
}
