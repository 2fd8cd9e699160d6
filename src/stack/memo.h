/*
 * stack/memo.h - the stack that a thread's last call was made from.
 *
 * Most of a call's stack is that of the call before. A walk that meets a frame
 * of the memo (the same stack pointer and code) knows the rest, if nothing of
 * it has changed; and that is seen by reading again every word from which the
 * rest was found: all return addresses, and the saved frame pointers that an
 * outer frame needs. Their places are known, so the loads do not wait for one
 * another, as those of a walk do. If all are as they were, the walk would give
 * what it gave.
 *
 * Frames are kept from the outermost on, each with the hash of all up to it; so
 * the hash of a stack costs one step for each frame that is new.
 *
 * Thread: owner.   Signal: with another memo.   Locks: none.
 * Source: ours.
 */
#ifndef STACK_MEMO_H
#define STACK_MEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stack/bounds.h"

/* Frames of a trace, the option's most, and those beyond that are kept so that
 * a stack that shrinks is not walked again at each step. */
#define MEMO_TRACE_MOST 256u
#define MEMO_SLACK 64u
#define MEMO_FRAMES (MEMO_TRACE_MOST + MEMO_SLACK)

/* A word that must be as it was. */
struct memo_check {
    uintptr_t slot;
    uintptr_t value;
};

struct memo_frame {
    uintptr_t pc;  /* where it goes on */
    uintptr_t key; /* its stack pointer then, which is a multiple of 8; 1 more
                      if an outer frame is found by its frame pointer */
    uint64_t hash; /* of this frame and all outside it */
    struct memo_check *checks; /* the end of its checks and those outside it */
};

/* A frame as the walk finds it. */
struct memo_fresh {
    uintptr_t pc, sp, fp;
    uint32_t rule; /* how its caller is found (rowcache.h) */
};

/* All zero: nothing is known. */
struct memo {
    struct memo_frame *top; /* the innermost, frames[0] if there is none */
    bool is_whole;          /* frames[1] is the outermost of its stack */
    uint32_t depth;         /* that `weight` is for */
    uint64_t weight; /* of the frame just outside of a trace in its hash */
    struct memo_frame frames[MEMO_FRAMES + 1]; /* outermost first, from [1];
                                                  [0] is outside of all */
    uintptr_t fps[MEMO_FRAMES + 1];            /* of frames whose key says so */
    struct memo_fresh fresh[MEMO_FRAMES];      /* the walk's, innermost first */
    struct memo_check checks[3 * MEMO_FRAMES];
};

/* memo_forget - the stack may be another. */
static inline void
memo_forget(struct memo *memo)
{
    memo->top = NULL;
}

/* memo_count - frames that are known. */
static inline uint32_t
memo_count(const struct memo *memo)
{
    return memo->top == NULL ? 0 : (uint32_t)(memo->top - memo->frames);
}

/* memo_hash - the hash of frames whose outermost ones have `hash`, and `pc`
 * inside of them. */
static inline uint64_t
memo_hash(uint64_t hash, uintptr_t pc)
{
    uint64_t x = (uint64_t)pc * UINT64_C(0x9e3779b97f4a7c15);

    return hash * UINT64_C(0xd1342543de82ef95) + (x ^ x >> 29);
}

/* memo_finish - the hash of a trace of `count` frames, never 0. */
static inline uint64_t
memo_finish(uint64_t hash, uint32_t count)
{
    /* The highest bit tells it from the key of a single return address. */
    return (hash + count) | UINT64_C(1) << 63;
}

/*
 * memo_walk - walk the stack of the call whose entry point has the frame
 * `caller`, using and bringing up to date the memo.
 *
 * depth: frames wanted, 1..MEMO_TRACE_MOST.
 * Returns the hash of the trace (memo_finish), which memo_copy then gives; 0
 * where a frame needs more than the quick way (memo_full).
 */
uint64_t memo_walk(struct memo *memo, struct bounds *bounds, const void *caller,
                   uint32_t depth);

/* memo_copy - the pcs of the trace that memo_walk found, innermost first.
 * Returns their number, at most `depth`. */
uint32_t memo_copy(const struct memo *memo, uint32_t depth, uintptr_t *out_pc);

/*
 * memo_full - walk the same stack by all registers, from here on out.
 *
 * Returns the number of pcs in out_pc, at least 1.   Cost: about 1 us a frame.
 */
uint32_t memo_full(struct bounds *bounds, const void *caller, uint32_t depth,
                   uintptr_t *out_pc);

#endif
