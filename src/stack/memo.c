/*
 * stack/memo.c - walking a stack as far as it is not known.
 */
#include "stack/memo.h"

#include "base/attr.h"
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

/* ---- a walk ---- */

struct walk {
    struct memo *memo;
    struct bounds *bounds;
    uintptr_t low, high; /* bounds->ranges[0] */
    uint32_t depth;
    uint32_t fresh; /* frames in memo->fresh that the memo has not */
    uint32_t kept;  /* frames of the memo's outside of them */
    bool is_match;  /* memo->fresh[fresh] is the innermost that is kept */
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
    const struct memo_check *eighth = first + 7;

    while (check > eighth) {
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

#define NEEDS_FP 1u

static ALWAYS_INLINE uintptr_t
sp_of(const struct memo_frame *frame)
{
    return frame->key & ~(uintptr_t)NEEDS_FP;
}

static ALWAYS_INLINE bool
has_fp(const struct memo_frame *frame)
{
    return (frame->key & NEEDS_FP) != 0;
}

/* What is outside of the memo's frame `at` and wanted is as it was. `fresh`
 * frames are inside of that one. */
static ALWAYS_INLINE bool
is_known(const struct walk *walk, size_t at, size_t fresh)
{
    const struct memo *memo = walk->memo;
    size_t from = at + fresh > walk->depth ? at + fresh - walk->depth : 0;

    return from >= at ||
           is_unchanged(memo->frames[from].checks, memo->frames[at - 1].checks);
}

static ALWAYS_INLINE bool
needs_fp(uint32_t rule, bool outer_needs)
{
    if (LIKELY(rowcache_kind(rule) == ROWCACHE_SP))
        return rowcache_fp(rule) == 0 && outer_needs;
    return rowcache_kind(rule) == ROWCACHE_FP ||
           rowcache_kind(rule) == ROWCACHE_FP_MEMORY;
}

/* Add what a fresh frame was found by at `check`. needs_fp: its frame pointer,
 * too. Returns the end. */
static struct memo_check *
add_checks(struct memo *memo, const struct memo_fresh *frame, bool needs_fp,
           struct memo_check *check)
{
    uintptr_t slot;

    /* The innermost one: by the call itself. */
    if (frame == memo->fresh)
        return check;
    slot = slot_of(frame);
    *check++ = (struct memo_check){slot, load(slot)};
    slot = fp_slot_of(frame);
    if (needs_fp && slot != 0)
        *check++ = (struct memo_check){slot, frame->fp};
    /* The frame inside was realigned: where this one was found. */
    if (rowcache_kind(frame[-1].rule) == ROWCACHE_FP_MEMORY)
        *check++ = (struct memo_check){
            frame[-1].fp - rowcache_cfa(frame[-1].rule), frame->sp};
    return check;
}

/* Put the walk's fresh frames inside of the memo's first ones that it kept. */
static void
append(const struct walk *walk)
{
    struct memo *memo = walk->memo;
    struct memo_frame *frame = &memo->frames[walk->kept];
    const struct memo_fresh *from = &memo->fresh[walk->fresh];
    bool outer_needs = walk->kept != 0 && has_fp(frame);
    struct memo_check *check = frame->checks;
    uint64_t hash = frame->hash;

    /* The same frame, but it may have been found another way. */
    if (walk->is_match)
        frame->checks = check =
            add_checks(memo, from, outer_needs, frame[-1].checks);
    while (from != memo->fresh) {
        from--;
        frame++;
        hash = memo_hash(hash, from->pc);
        outer_needs = needs_fp(from->rule, outer_needs);
        memo->fps[frame - memo->frames] = from->fp;
        check = add_checks(memo, from, outer_needs, check);
        frame->pc = from->pc;
        frame->key = from->sp | (outer_needs ? NEEDS_FP : 0);
        frame->hash = hash;
        frame->checks = check;
    }
    memo->top = frame;
}

static NOINLINE void
set_weight(struct memo *memo, uint32_t depth)
{
    memo->depth = depth;
    memo->weight = weight(depth);
}

/* The hash of the innermost `depth` of the memo's frames, of which `hash` is
 * the top one's. */
static ALWAYS_INLINE uint64_t
finish(struct memo *memo, uint64_t hash, uint32_t depth)
{
    const struct memo_frame *top = memo->top;

    if (LIKELY(top - memo->frames <= (ptrdiff_t)depth))
        return memo_finish(hash, (uint32_t)(top - memo->frames));
    if (UNLIKELY(memo->depth != depth))
        set_weight(memo, depth);
    return memo_finish(hash - (top - depth)->hash * memo->weight, depth);
}

uint32_t
memo_copy(const struct memo *memo, uint32_t depth, uintptr_t *out_pc)
{
    uint32_t count = memo_count(memo);

    if (count > depth)
        count = depth;
    for (uint32_t i = 0; i < count; i++)
        out_pc[i] = memo->top[-(ptrdiff_t)i].pc;
    return count;
}

/*
 * Walk from memo->fresh[0] outwards until a frame of the memo that is still as
 * it was, the stack's end, or `most` frames. False: a frame is too hard.
 */
static bool
go(struct walk *walk, uint32_t most)
{
    struct memo *memo = walk->memo;
    struct memo_fresh *frame = memo->fresh;
    struct memo_fresh at = *frame;
    const struct memo_frame *known = memo->top;

    walk->kept = 0;
    walk->is_match = false;
    walk->is_end = false;
    /* The words of a stack that ended may not be there any more. The outermost
     * frame's return address is the highest. */
    if (known->checks != memo->checks && !is_inside(walk, memo->checks[0].slot))
        known = memo->frames;
    for (;;) {
        uint32_t rule;

        while (sp_of(known) < at.sp)
            known--;
        *frame = at;
        if (sp_of(known) == at.sp && known->pc == at.pc &&
            (!has_fp(known) || memo->fps[known - memo->frames] == at.fp) &&
            is_known(walk, (size_t)(known - memo->frames),
                     (size_t)(frame - memo->fresh))) {
            walk->kept = (uint32_t)(known - memo->frames);
            walk->is_match = true;
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
    walk->memo->top = walk->memo->frames;
    return go(walk, most);
}

/* memo_walk with frames of all kinds. */
static NOINLINE uint64_t
walk_any(struct memo *memo, struct bounds *bounds, const void *caller,
         uint32_t depth)
{
    struct memo_fresh *first = &memo->fresh[0];
    struct walk walk;
    uint32_t most = depth + MEMO_SLACK;
    bool is_top;

    /* Inside of nothing, so that it ends a search. */
    memo->frames[0].key = UINTPTR_MAX;
    memo->frames[0].checks = memo->checks;
    if (memo->top == NULL)
        memo->top = memo->frames;
    first->pc = arch_strip_tag(arch_frame_pc(caller));
    first->sp = arch_frame_sp(caller);
    first->fp = arch_frame_fp(caller);
    if (first->sp % sizeof(uintptr_t) != 0 || !bounds_find(bounds, first->sp))
        goto hard;
    walk.memo = memo;
    walk.bounds = bounds;
    walk.low = bounds->ranges[0].low;
    walk.high = bounds->ranges[0].high;
    walk.depth = depth;
    if (!go(&walk, most))
        goto hard;
    is_top = walk.is_match && walk.fresh == 0 && walk.kept == memo_count(memo);
    if (walk.is_match &&
        (walk.kept + walk.fresh > most ||
         (!memo->is_whole && walk.kept + walk.fresh < depth))) {
        is_top = false;
        if (!go_again(&walk, most))
            goto hard;
    }
    if (!walk.is_match)
        memo->is_whole = walk.is_end;
    if (!is_top)
        append(&walk);
    return finish(memo, memo->top->hash, depth);
hard:
    memo_forget(memo);
    return 0;
}

/* Put the fresh frames up to `from`, all of them plain, inside of the memo's
 * frame `at`. Returns the hash of them all. */
static ALWAYS_INLINE uint64_t
append_plain(struct memo *memo, struct memo_frame *at,
             const struct memo_fresh *from)
{
    struct memo_check *check = at[-1].checks;
    uint64_t hash = at->hash;

    while (from != memo->fresh) {
        uintptr_t slot = at->key - 8;

        check->slot = slot;
        check->value = load(slot);
        at->checks = ++check;
        from--;
        at++;
        OPAQUE(check);
        OPAQUE(at);
        hash = memo_hash(hash, from->pc);
        at->pc = from->pc;
        at->key = from->sp;
        at->hash = hash;
    }
    at->checks = check;
    memo->top = at;
    return hash;
}

/* A plain frame: its rule has no more than two distances, and is known. */
static ALWAYS_INLINE bool
is_plain(uint64_t look)
{
    return (look & ~(uint64_t)ROWCACHE_DISTANCES) ==
           (ROWCACHE_SP | ROWCACHE_RA_AT_CFA);
}

/*
 * Nearly all frames are plain, and nearly all of a stack is as it was: this is
 * the walk if that holds, as few instructions as it can be. Whatever else comes
 * up, it begins anew in walk_any, and nothing was changed.
 */
HOT uint64_t
memo_walk(struct memo *memo, struct bounds *bounds, const void *caller,
          uint32_t depth)
{
    struct memo_frame *known = memo->top;
    uintptr_t pc = arch_strip_tag(arch_frame_pc(caller));
    uintptr_t sp = arch_frame_sp(caller);
    uintptr_t high = bounds->ranges[0].high;
    struct memo_fresh *fresh = memo->fresh;
    const struct memo_check *first;
    ptrdiff_t spare;

    /* All that is read lies between the two. */
    if (UNLIKELY(known == NULL || sp % sizeof(uintptr_t) != 0 ||
                 sp < bounds->ranges[0].low || memo->checks[0].slot >= high))
        goto any;
    for (;;) {
        uint64_t look;

        while (known->key < sp)
            known--;
        if (known->key == sp && known->pc == pc) {
            first = memo->checks;
            /* Frames that are wanted, and would not be there. */
            spare = (ptrdiff_t)depth -
                    ((known - memo->frames) + (fresh - memo->fresh));
            if (UNLIKELY(spare < 0)) {
                if (spare < -(ptrdiff_t)MEMO_SLACK)
                    goto any;
                /* Where there are fresh ones enough, nothing is checked. */
                first = memo->frames - spare < known
                            ? memo->frames[-spare].checks
                            : known[-1].checks;
            } else if (UNLIKELY(spare > 0 && !memo->is_whole)) {
                goto any;
            }
            if (LIKELY(is_unchanged(first, known[-1].checks)))
                break;
        }
        fresh->pc = pc;
        fresh->sp = sp;
        fresh++;
        if (UNLIKELY(fresh == &memo->fresh[MEMO_SLACK]))
            goto any;
        look = rowcache_look(pc - 1);
        if (UNLIKELY(!is_plain(look))) {
            look = rowcache_look_second(pc - 1);
            if (!is_plain(look))
                goto any;
        }
        sp += rowcache_cfa((uint32_t)look);
        if (UNLIKELY(sp > high))
            goto any;
        pc = arch_strip_tag(load(sp - 8));
        if (UNLIKELY(pc == 0))
            goto any;
    }
    return finish(memo, append_plain(memo, known, fresh), depth);
any:
    return walk_any(memo, bounds, caller, depth);
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
