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
    uint32_t fresh; /* frames in memo->fresh, the last one complete */
    uint32_t kept;  /* of the memo's, outside of them */
    bool is_match;
    bool is_end; /* the last one is the outermost */
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

/*
 * The caller of a frame whose rule is one of the simple three; false if it has
 * none. Stack pointers are multiples of 8 from the first on, as every rule's
 * distances are; only a frame pointer can be anything.
 */
static ALWAYS_INLINE bool
step(struct walk *walk, const struct memo_fresh *frame, uint32_t rule,
     struct memo_fresh *next)
{
    uintptr_t cfa = rowcache_cfa(rule);
    uintptr_t fp = frame->fp;
    uintptr_t fp_slot = 0;

    if (LIKELY(rowcache_kind(rule) == ROWCACHE_SP)) {
        cfa += frame->sp;
    } else if (UNLIKELY(fp % sizeof(uintptr_t) != 0)) {
        return false;
    } else if (rowcache_kind(rule) == ROWCACHE_FP) {
        cfa += fp;
    } else {
        if (!is_inside(walk, fp - cfa) || !is_inside(walk, fp))
            return false;
        cfa = load(fp - cfa);
        if (cfa % sizeof(uintptr_t) != 0)
            return false;
        fp_slot = fp;
        fp = load(fp);
    }
    /* A stack is left by going up; whoever goes down is lost. */
    if (UNLIKELY(cfa <= frame->sp) || UNLIKELY(!is_inside(walk, cfa - 8)))
        return false;
    if (rowcache_fp(rule) != 0) {
        fp_slot = cfa - rowcache_fp(rule);
        if (UNLIKELY(!is_inside(walk, fp_slot)))
            return false;
        fp = load(fp_slot);
    }
    next->sp = cfa;
    next->fp = fp;
    next->fp_slot = fp_slot;
    next->slot = (rule & ROWCACHE_RA_AT_CFA) != 0 ? cfa - 8 : fp_slot + 8;
    next->raw = load(next->slot);
    next->pc = arch_strip_tag(next->raw);
    return LIKELY(next->pc != 0);
}

/* ---- the memo ---- */

/* True if every word that the frames [from, at) were found by is as it was. The
 * innermost ones change most, so they come first. */
static ALWAYS_INLINE bool
is_unchanged(const struct memo *memo, uint32_t from, uint32_t at)
{
    const struct memo_check *first =
        memo->checks + (from == 0 ? 0 : memo->frames[from - 1].checks);
    const struct memo_check *check =
        memo->checks + (at == 0 ? 0 : memo->frames[at - 1].checks);

    while (check - first >= 4) {
        uintptr_t changed;

        check -= 4;
        changed = load(check[0].slot) ^ check[0].value;
        changed |= load(check[1].slot) ^ check[1].value;
        changed |= load(check[2].slot) ^ check[2].value;
        changed |= load(check[3].slot) ^ check[3].value;
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

static ALWAYS_INLINE bool
needs_fp(uint32_t rule, bool outer_needs)
{
    if (LIKELY(rowcache_kind(rule) == ROWCACHE_SP))
        return rowcache_fp(rule) == 0 && outer_needs;
    return rowcache_kind(rule) == ROWCACHE_FP ||
           rowcache_kind(rule) == ROWCACHE_FP_MEMORY;
}

/* Put the walk's fresh frames inside of the memo's first `kept`. */
static ALWAYS_INLINE void
append(struct memo *memo, uint32_t kept, uint32_t fresh)
{
    struct memo_frame *frame = &memo->frames[kept];
    const struct memo_fresh *from = &memo->fresh[fresh];
    uint64_t hash = 0;
    uint32_t checks = 0;
    bool outer_needs = false;

    if (kept != 0) {
        hash = frame[-1].hash;
        checks = frame[-1].checks;
        outer_needs = frame[-1].needs_fp;
    } else {
        memo->top = from[-1].slot;
    }
    memo->count = kept + fresh;
    while (from-- != memo->fresh) {
        hash = memo_hash(hash, from->pc);
        outer_needs = needs_fp(from->rule, outer_needs);
        if (LIKELY(from->slot != 0))
            memo->checks[checks++] = (struct memo_check){from->slot, from->raw};
        if (UNLIKELY(outer_needs) && from->fp_slot != 0)
            memo->checks[checks++] =
                (struct memo_check){from->fp_slot, from->fp};
        /* The frame inside of it was realigned: where it was found. */
        if (from != memo->fresh &&
            UNLIKELY(rowcache_kind(from[-1].rule) == ROWCACHE_FP_MEMORY))
            memo->checks[checks++] = (struct memo_check){
                from[-1].fp - rowcache_cfa(from[-1].rule), from->sp};
        frame->pc = from->pc;
        frame->sp = from->sp;
        frame->fp = from->fp;
        frame->hash = hash;
        frame->rule = from->rule;
        frame->checks = checks;
        frame->needs_fp = outer_needs;
        frame++;
    }
}

/* The innermost `depth` frames of the memo, as a trace. */
static ALWAYS_INLINE void
describe(struct memo *memo, uint32_t depth, struct memo_trace *out_trace)
{
    uint64_t hash = memo->frames[memo->count - 1].hash;

    out_trace->count = memo->count;
    if (memo->count > depth) {
        if (UNLIKELY(memo->depth != depth)) {
            memo->depth = depth;
            memo->weight = weight(depth);
        }
        hash -= memo->frames[memo->count - depth - 1].hash * memo->weight;
        out_trace->count = depth;
    }
    out_trace->hash = memo_finish(hash, out_trace->count);
}

void
memo_copy(const struct memo *memo, uint32_t count, uintptr_t *out_pc)
{
    for (uint32_t i = 0; i < count; i++)
        out_pc[i] = memo->frames[memo->count - 1 - i].pc;
}

/* The memo's frame at *at - 1, or outside of that, is `frame`, and what is
 * outside of it and wanted is as it was. */
static ALWAYS_INLINE bool
is_known(const struct walk *walk, const struct memo_fresh *frame, uint32_t *at)
{
    const struct memo *memo = walk->memo;
    const struct memo_frame *known = &memo->frames[*at - 1];
    uint32_t from;

    while (known->sp < frame->sp) {
        if (--*at == 0)
            return false;
        known--;
    }
    if (known->sp != frame->sp || known->pc != frame->pc ||
        (UNLIKELY(known->needs_fp) && known->fp != frame->fp))
        return false;
    from = *at + walk->fresh;
    from = from > walk->depth ? from - walk->depth : 0;
    return from >= *at || is_unchanged(memo, from, *at - 1);
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
    uint32_t at = memo->count;

    walk->fresh = 0;
    walk->kept = 0;
    walk->is_match = false;
    walk->is_end = false;
    /* The words of a stack that ended may not be there any more. */
    if (at != 0 && memo->top != 0 && UNLIKELY(!is_inside(walk, memo->top)))
        at = 0;
    for (;; frame++) {
        uint32_t rule;

        if (at != 0 && is_known(walk, frame, &at)) {
            walk->kept = at - 1;
            walk->is_match = true;
            frame->rule = memo->frames[at - 1].rule;
            walk->fresh++;
            return true;
        }
        rule = unwind_rule(frame->pc - 1);
        frame->rule = rule;
        walk->fresh++;
        if (UNLIKELY(walk->fresh == most))
            return true;
        if (LIKELY(rowcache_kind(rule) <= ROWCACHE_FP_MEMORY)) {
            if (LIKELY(step(walk, frame, rule, frame + 1)))
                continue;
        } else if (rowcache_kind(rule) == ROWCACHE_SIGNAL ||
                   rowcache_kind(rule) == ROWCACHE_COMPLEX) {
            return false;
        }
        walk->is_end = true;
        return true;
    }
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
    first->slot = 0;
    first->fp_slot = 0;
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
    is_top = walk.is_match && walk.fresh == 1 && walk.kept + 1 == memo->count;
    if (walk.is_match &&
        UNLIKELY(walk.kept + walk.fresh > most ||
                 (!memo->is_whole && walk.kept + walk.fresh < depth))) {
        is_top = false;
        if (!go_again(&walk, most))
            goto hard;
    }
    if (UNLIKELY(!walk.is_match))
        memo->is_whole = walk.is_end;
    if (!is_top)
        append(memo, walk.kept, walk.fresh);
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
