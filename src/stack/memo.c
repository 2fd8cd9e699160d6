/*
 * stack/memo.c - walking a stack as far as it is not known.
 */
#include "stack/memo.h"

#include "base/attr.h"
#include "base/hash.h"
#include "os/arch/arch.h"
#include "stack/unwind.h"

/* Frames of the library's own that lie below an entry point's. */
#define OWN_FRAMES_MOST 32

/* The factor of memo_hash to the power of `n`: what a frame `n` inside weighs
 * less than the innermost one. */
static uint64_t
weight(uint32_t n)
{
    uint64_t factor = UINT64_C(0xd1342543de82ef95);
    uint64_t result = 1;

    for (; n != 0; n >>= 1) {
        if ((n & 1) != 0)
            result *= factor;
        factor *= factor;
    }
    return result;
}

uint64_t
memo_finish(uint64_t hash, uint32_t count)
{
    hash = hash_u64(hash + count);
    /* The highest bit tells it from the key of a single return address. */
    return hash | UINT64_C(1) << 63;
}

/* ---- a walk ---- */

struct walk {
    struct memo *memo;
    struct bounds *bounds;
    uintptr_t low, high; /* bounds->ranges[0] */
    uint32_t depth;
    uint32_t fresh; /* frames in memo->fresh that the memo has not */
    uint32_t kept;  /* frames of the memo's outside of them */
    bool is_match;  /* memo->fresh[fresh] is the innermost that is kept */
    bool uses_fp;   /* a frame pointer matters to one of them */
    bool is_end;    /* the last one is the outermost */
};

static NOINLINE bool
extend(struct walk *walk, uintptr_t addr)
{
    if (!bounds_extend(walk->bounds, addr))
        return false;
    walk->high = walk->bounds->ranges[0].high;
    return true;
}

/* Can the word at `addr` be read? */
static ALWAYS_INLINE bool
is_inside(struct walk *walk, uintptr_t addr)
{
    return LIKELY(addr - walk->low < walk->high - walk->low) ||
           extend(walk, addr);
}

static ALWAYS_INLINE uintptr_t
load(uintptr_t addr)
{
    return *(const uintptr_t *)addr;
}

/* Where the return address of a frame lies. fp_slot: where the frame pointer
 * of its caller does. */
static ALWAYS_INLINE uintptr_t
slot_by(uint32_t rule, uintptr_t cfa, uintptr_t fp_slot)
{
    return LIKELY((rule & ROWCACHE_RA_AT_CFA) != 0) ? cfa - 8 : fp_slot + 8;
}

/* Where the frame pointer of a frame was read, by the frame inside of it; 0: it
 * is that one's. */
static ALWAYS_INLINE uintptr_t
fp_slot_of(const struct memo_fresh *frame)
{
    const struct memo_fresh *inside = frame - 1;

    if (UNLIKELY(rowcache_kind(inside->rule) == ROWCACHE_FP_MEMORY))
        return inside->fp;
    return rowcache_fp(inside->rule) != 0
               ? frame->sp - rowcache_fp(inside->rule)
               : 0;
}

/* Where its pc was. */
static ALWAYS_INLINE uintptr_t
slot_of(const struct memo_fresh *frame)
{
    /* slot_by would look for the frame pointer first, which is seldom asked. */
    if (LIKELY((frame[-1].rule & ROWCACHE_RA_AT_CFA) != 0))
        return frame->sp - 8;
    return fp_slot_of(frame) + 8;
}

/*
 * From a frame to its caller, by a rule of ROWCACHE_SP; false if it has none.
 * Such a rule reads between the stack pointer and the CFA only, so one look at
 * the bounds does. Stack pointers are multiples of 8 from the first on, as
 * every rule's distances are.
 */
static ALWAYS_INLINE bool
step_sp(struct walk *walk, uint32_t rule, struct memo_fresh *at)
{
    uintptr_t cfa = at->sp + rowcache_cfa(rule);
    uintptr_t fp_slot = cfa - rowcache_fp(rule);

    if (UNLIKELY(cfa - 8 >= walk->high) && !extend(walk, cfa - 8))
        return false;
    if (fp_slot != cfa)
        at->fp = load(fp_slot);
    at->sp = cfa;
    at->pc = arch_strip_tag(load(slot_by(rule, cfa, fp_slot)));
    return LIKELY(at->pc != 0);
}

/* ... by one that goes by the frame pointer, which can be anything. */
static ALWAYS_INLINE bool
step_fp(struct walk *walk, uint32_t rule, struct memo_fresh *at)
{
    uintptr_t cfa = rowcache_cfa(rule);
    uintptr_t fp_slot = at->fp;
    bool is_saved = true;

    if (UNLIKELY(at->fp % sizeof(uintptr_t) != 0))
        return false;
    if (LIKELY(rowcache_kind(rule) == ROWCACHE_FP)) {
        cfa += at->fp;
        fp_slot = cfa - rowcache_fp(rule);
        is_saved = rowcache_fp(rule) != 0;
    } else {
        if (!is_inside(walk, at->fp - cfa))
            return false;
        cfa = load(at->fp - cfa);
        if (cfa % sizeof(uintptr_t) != 0)
            return false;
    }
    /* A stack is left by going up; whoever goes down is lost. */
    if (UNLIKELY(cfa <= at->sp) || UNLIKELY(!is_inside(walk, cfa - 8)))
        return false;
    if (LIKELY(is_saved)) {
        if (UNLIKELY(!is_inside(walk, fp_slot)))
            return false;
        at->fp = load(fp_slot);
    }
    at->sp = cfa;
    at->pc = arch_strip_tag(load(slot_by(rule, cfa, fp_slot)));
    return LIKELY(at->pc != 0);
}

/* ---- the memo ---- */

/* True if every word of the checks [first, check) is as it was. The innermost
 * ones change most, so they come first. */
static ALWAYS_INLINE bool
is_unchanged(const struct memo_check *first, const struct memo_check *check)
{
    while (check - first >= 8) {
        uintptr_t changed;

        check -= 8;
        changed = load(check[7].slot) ^ check[7].value;
        changed |= load(check[6].slot) ^ check[6].value;
        changed |= load(check[5].slot) ^ check[5].value;
        changed |= load(check[4].slot) ^ check[4].value;
        changed |= load(check[3].slot) ^ check[3].value;
        changed |= load(check[2].slot) ^ check[2].value;
        changed |= load(check[1].slot) ^ check[1].value;
        changed |= load(check[0].slot) ^ check[0].value;
        if (changed != 0)
            return false;
    }
    while (check > first) {
        check--;
        if (load(check->slot) != check->value)
            return false;
    }
    return true;
}

/* What is outside of the memo's frame `at` and wanted is as it was. `fresh`
 * frames are inside of that one. */
static ALWAYS_INLINE bool
is_known(const struct walk *walk, size_t at, size_t fresh)
{
    const struct memo *memo = walk->memo;
    size_t from = at + fresh > walk->depth ? at + fresh - walk->depth : 0;

    return from >= at ||
           is_unchanged(memo->checks + memo->frames[from].checks,
                        memo->checks + memo->frames[at - 1].checks);
}

static ALWAYS_INLINE bool
needs_fp(uint32_t rule, bool outer_needs)
{
    if (LIKELY(rowcache_kind(rule) == ROWCACHE_SP))
        return rowcache_fp(rule) == 0 && outer_needs;
    return rowcache_kind(rule) == ROWCACHE_FP ||
           rowcache_kind(rule) == ROWCACHE_FP_MEMORY;
}

/* Add what a fresh frame was found by to the checks, whose end is *checks.
 * needs_fp: its frame pointer, too. */
static ALWAYS_INLINE void
add_checks(struct memo *memo, const struct memo_fresh *frame, bool is_plain,
           bool needs_fp, uint32_t *checks)
{
    struct memo_check *check = &memo->checks[*checks];
    uintptr_t slot;

    /* The innermost one: by the call itself. */
    if (UNLIKELY(frame == memo->fresh))
        return;
    slot = slot_of(frame);
    *check++ = (struct memo_check){slot, load(slot)};
    if (!is_plain) {
        slot = fp_slot_of(frame);
        if (needs_fp && slot != 0)
            *check++ = (struct memo_check){slot, frame->fp};
        /* The frame inside was realigned: where this one was found. */
        if (rowcache_kind(frame[-1].rule) == ROWCACHE_FP_MEMORY)
            *check++ = (struct memo_check){
                frame[-1].fp - rowcache_cfa(frame[-1].rule), frame->sp};
    }
    *checks = (uint32_t)(check - memo->checks);
}

/* Put the walk's fresh frames inside of the memo's first ones that it kept.
 * is_plain: no frame pointer matters. */
static ALWAYS_INLINE void
append(const struct walk *walk, bool is_plain)
{
    struct memo *memo = walk->memo;
    struct memo_frame *frame = &memo->frames[walk->kept];
    const struct memo_fresh *from = &memo->fresh[walk->fresh];
    bool outer_needs = !is_plain && frame->needs_fp;
    uint32_t checks = frame->checks;
    uint64_t hash = frame->hash;

    if (LIKELY(walk->is_match)) {
        /* The same frame, but it may have been found another way. */
        checks = frame[-1].checks;
        add_checks(memo, from, is_plain, outer_needs, &checks);
        frame->checks = checks;
    }
    memo->count = walk->kept + walk->fresh;
    while (from != memo->fresh) {
        from--;
        frame++;
        hash = memo_hash(hash, from->pc);
        if (!is_plain) {
            outer_needs = needs_fp(from->rule, outer_needs);
            memo->fps[frame - memo->frames] = from->fp;
        }
        add_checks(memo, from, is_plain, outer_needs, &checks);
        frame->pc = from->pc;
        frame->sp = from->sp;
        frame->hash = hash;
        frame->checks = checks;
        frame->needs_fp = outer_needs;
    }
}

static NOINLINE void
append_with_fp(const struct walk *walk)
{
    append(walk, false);
}

/* The innermost `depth` frames of the memo, as a trace. */
static ALWAYS_INLINE void
describe(struct memo *memo, uint32_t depth, struct memo_trace *out_trace)
{
    const struct memo_frame *last = &memo->frames[memo->count];
    uint64_t hash = last->hash;

    out_trace->count = memo->count;
    if (memo->count > depth) {
        if (UNLIKELY(memo->depth != depth)) {
            memo->depth = depth;
            memo->weight = weight(depth);
        }
        hash -= (last - depth)->hash * memo->weight;
        out_trace->count = depth;
    }
    out_trace->hash = memo_finish(hash, out_trace->count);
}

void
memo_copy(const struct memo *memo, uint32_t count, uintptr_t *out_pc)
{
    for (uint32_t i = 0; i < count; i++)
        out_pc[i] = memo->frames[memo->count - i].pc;
}

/*
 * Walk from memo->fresh[0] outwards until a frame of the memo that is still as
 * it was, the stack's end, or `most` frames. False: a frame is too hard.
 */
static ALWAYS_INLINE bool
go(struct walk *walk, uint32_t most)
{
    struct memo *memo = walk->memo;
    struct memo_fresh *frame = memo->fresh;
    struct memo_fresh at = *frame;
    const struct memo_frame *known = &memo->frames[memo->count];

    walk->kept = 0;
    walk->is_match = false;
    walk->is_end = false;
    walk->uses_fp = false;
    /* Inside of nothing, so that it ends the search. */
    memo->frames[0].sp = UINTPTR_MAX;
    /* The words of a stack that ended may not be there any more. The outermost
     * frame's return address is the highest. */
    if (known->checks != 0 && UNLIKELY(!is_inside(walk, memo->checks[0].slot)))
        known = memo->frames;
    for (;;) {
        uint32_t rule;

        while (known->sp < at.sp)
            known--;
        *frame = at;
        if (known->sp == at.sp && known->pc == at.pc &&
            LIKELY(!known->needs_fp ||
                   memo->fps[known - memo->frames] == at.fp) &&
            is_known(walk, (size_t)(known - memo->frames),
                     (size_t)(frame - memo->fresh))) {
            walk->kept = (uint32_t)(known - memo->frames);
            walk->is_match = true;
            walk->uses_fp |= known->needs_fp;
            break;
        }
        rule = unwind_rule(at.pc - 1);
        frame->rule = rule;
        frame++;
        if (UNLIKELY(frame == &memo->fresh[most]))
            break;
        if (LIKELY(rowcache_kind(rule) == ROWCACHE_SP)) {
            if (LIKELY(step_sp(walk, rule, &at)))
                continue;
        } else if (LIKELY(rowcache_kind(rule) <= ROWCACHE_FP_MEMORY)) {
            walk->uses_fp = true;
            if (LIKELY(step_fp(walk, rule, &at)))
                continue;
        } else if (rowcache_kind(rule) == ROWCACHE_SIGNAL ||
                   rowcache_kind(rule) == ROWCACHE_COMPLEX) {
            return false;
        }
        walk->is_end = true;
        break;
    }
    walk->fresh = (uint32_t)(frame - memo->fresh);
    return true;
}

/* The memo's frames are too many or too few: without them. */
static NOINLINE bool
go_again(struct walk *walk, uint32_t most)
{
    walk->memo->count = 0;
    return go(walk, most);
}

HOT bool
memo_walk(struct memo *memo, struct bounds *bounds, const void *caller,
          uint32_t depth, struct memo_trace *out_trace)
{
    struct memo_fresh *first = &memo->fresh[0];
    struct walk walk;
    uint32_t most = depth + MEMO_SLACK;
    bool is_top;

    first->pc = arch_strip_tag(arch_frame_pc(caller));
    first->sp = arch_frame_sp(caller);
    first->fp = arch_frame_fp(caller);
    if (UNLIKELY(first->sp % sizeof(uintptr_t) != 0) ||
        UNLIKELY(!bounds_find(bounds, first->sp)))
        goto hard;
    walk.memo = memo;
    walk.bounds = bounds;
    walk.low = bounds->ranges[0].low;
    walk.high = bounds->ranges[0].high;
    walk.depth = depth;
    if (UNLIKELY(!go(&walk, most)))
        goto hard;
    is_top = walk.is_match && walk.fresh == 0 && walk.kept == memo->count;
    if (walk.is_match &&
        UNLIKELY(walk.kept + walk.fresh > most ||
                 (!memo->is_whole && walk.kept + walk.fresh < depth))) {
        is_top = false;
        if (!go_again(&walk, most))
            goto hard;
    }
    if (UNLIKELY(!walk.is_match))
        memo->is_whole = walk.is_end;
    if (UNLIKELY(walk.uses_fp) && !is_top)
        append_with_fp(&walk);
    else if (!is_top)
        append(&walk, true);
    describe(memo, depth, out_trace);
    out_trace->is_last = is_top;
    return true;
hard:
    memo->count = 0;
    return false;
}

/* ---- all registers ---- */

NOINLINE uint32_t
memo_full(struct bounds *bounds, const void *caller, uint32_t depth,
          uintptr_t *out_pc)
{
    uintptr_t sp = arch_frame_sp(caller);
    struct arch_registers registers = {0};
    bool is_exact = false;
    uint32_t count = 1;
    unsigned own = 0;

    out_pc[0] = arch_strip_tag(arch_frame_pc(caller));
    arch_registers_here(&registers);
    /* Out of the library first. */
    while (registers.value[ARCH_REGISTER_SP] < sp) {
        if (own++ == OWN_FRAMES_MOST ||
            !unwind_step(&registers, &is_exact, bounds))
            return count;
    }
    if (registers.value[ARCH_REGISTER_SP] != sp || registers.pc != out_pc[0])
        return count;
    while (count < depth && unwind_step(&registers, &is_exact, bounds) &&
           registers.pc != 0)
        /* What a signal interrupted has not called: +1, as traces have it. */
        out_pc[count++] = registers.pc + (is_exact ? 1 : 0);
    return count;
}
