/*
 * stack/rowcache.h - how to undo a frame, by the place of its code: a cache of
 * rules that all threads share.
 *
 * One word of 64 bits per place, read and written whole by one relaxed load or
 * store: no lock, nothing torn, and a signal handler may do it at any time. The
 * word's index and its upper half are the place itself, exactly, so a rule is
 * never taken for another place's. Each place has two words where its rule can
 * be, so that two that are asked for by turns do not drive each other out.
 *
 * A rule is 28 bits: its kind, how far the canonical frame address (CFA, the
 * stack pointer in the caller) is from what the kind says, and where the
 * caller's frame pointer and return address lie below the CFA. What does not
 * fit is ROWCACHE_COMPLEX: unwind.h does it by all the registers.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 * Source: ours; the two words are those of Pagh and Rodler, Cuckoo Hashing, ESA
 * 2001; the reduction of DWARF's rows to a few words is that of Bastian, Kell,
 * Zappa Nardelli: Reliable and Fast DWARF-Based Stack Unwinding, OOPSLA 2019.
 */
#ifndef STACK_ROWCACHE_H
#define STACK_ROWCACHE_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/arch/arch.h"

/* Each has a bit pattern other than 0, which is an empty word. */
enum rowcache_kind {
    ROWCACHE_SP = 1,    /* CFA = stack pointer + offset; what is read lies
                           between the two */
    ROWCACHE_FP,        /* CFA = frame pointer + offset */
    ROWCACHE_FP_MEMORY, /* CFA = what lies at frame pointer - offset; the
                           caller's frame pointer lies at it (realigned) */
    ROWCACHE_SIGNAL,    /* the frame of a handler's trampoline */
    ROWCACHE_END,       /* nobody called */
    ROWCACHE_COMPLEX,
    ROWCACHE_NONE /* nothing is known; never stored */
};

/* The return address lies just below the CFA; else just above the frame
 * pointer's slot. */
#define ROWCACHE_RA_AT_CFA 8u

#define ROWCACHE_FIELD_MOST 4095u
#define ROWCACHE_DISTANCES                                                     \
    (ROWCACHE_FIELD_MOST << 4 | ROWCACHE_FIELD_MOST << 16)

/* rowcache_rule - put a rule together; offsets are in words of 8 bytes.
 * fp_slot: the caller's frame pointer lies so far below the CFA; 0:
 * unchanged. */
static inline uint32_t
rowcache_rule(enum rowcache_kind kind, uint32_t cfa_words, uint32_t fp_slot,
              bool is_ra_at_cfa)
{
    return (uint32_t)kind | (is_ra_at_cfa ? ROWCACHE_RA_AT_CFA : 0) |
           cfa_words << 4 | fp_slot << 16;
}

static ALWAYS_INLINE enum rowcache_kind
rowcache_kind(uint32_t rule)
{
    return (enum rowcache_kind)(rule & 7);
}

/* rowcache_cfa, rowcache_fp - the two distances, in bytes. */
static ALWAYS_INLINE uintptr_t
rowcache_cfa(uint32_t rule)
{
    return (rule >> 4 & ROWCACHE_FIELD_MOST) * 8;
}

static ALWAYS_INLINE uintptr_t
rowcache_fp(uint32_t rule)
{
    return (rule >> 16 & ROWCACHE_FIELD_MOST) * 8;
}

#define ROWCACHE_LOG2 15
#define ROWCACHE_RULE_BITS 28

/* It is its place's second word. */
#define ROWCACHE_SECOND (UINT64_C(1) << 63)

static_assert(ARCH_ADDR_BITS - ROWCACHE_LOG2 + ROWCACHE_RULE_BITS < 64,
              "the rest of the place fits beside the rule");

/* Written by anyone, whole words. */
extern HIDDEN _Atomic uint64_t rowcache_words[1 << ROWCACHE_LOG2];

/* rowcache_index - where the first word of `place` is. */
static ALWAYS_INLINE uint32_t
rowcache_index(uintptr_t place)
{
    return (uint32_t)(place ^ place >> ROWCACHE_LOG2) &
           ((1u << ROWCACHE_LOG2) - 1);
}

/* rowcache_distance - what to add (xor) to the index of a word for that of the
 * other one of the same place. rest: the place's upper half. */
static inline uint32_t
rowcache_distance(uintptr_t rest)
{
    return ((uint32_t)rest * 0x9e3779b1u >> (32 - ROWCACHE_LOG2)) | 1;
}

static ALWAYS_INLINE uint64_t
rowcache_load(uint32_t index)
{
    return atomic_load_explicit(&rowcache_words[index], memory_order_relaxed);
}

/* rowcache_look - the rule at `place`; a number of more than its bits if it is
 * not in the first word. */
static ALWAYS_INLINE uint64_t
rowcache_look(uintptr_t place)
{
    return rowcache_load(rowcache_index(place)) ^
           (uint64_t)(place >> ROWCACHE_LOG2) << ROWCACHE_RULE_BITS;
}

/* rowcache_look_second - the same of the second word. */
static inline uint64_t
rowcache_look_second(uintptr_t place)
{
    uintptr_t rest = place >> ROWCACHE_LOG2;

    return rowcache_load(rowcache_index(place) ^ rowcache_distance(rest)) ^
           ((uint64_t)rest << ROWCACHE_RULE_BITS | ROWCACHE_SECOND);
}

/* rowcache_find - the rule at `place`, 0 if it is not here. */
static ALWAYS_INLINE uint32_t
rowcache_find(uintptr_t place)
{
    uint64_t look = rowcache_look(place);

    if (UNLIKELY(look >> ROWCACHE_RULE_BITS != 0))
        look = rowcache_look_second(place);
    return UNLIKELY(look >> ROWCACHE_RULE_BITS != 0) ? 0 : (uint32_t)look;
}

/* rowcache_insert - remember the rule at `place`. */
void rowcache_insert(uintptr_t place, uint32_t rule);

/* rowcache_clear - forget all: code went, and other code may come. */
void rowcache_clear(void);

#endif
