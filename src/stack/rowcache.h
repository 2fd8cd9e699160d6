/*
 * stack/rowcache.h - how to undo a frame, by the place of its code: a cache of
 * rules that all threads share.
 *
 * One word of 64 bits per place, read and written whole by one relaxed load or
 * store: no lock, nothing torn, and a signal handler may do it at any time. The
 * word's index and its upper half are the place itself, exactly, so a rule is
 * never taken for another place's.
 *
 * A rule is 28 bits: its kind, how far the canonical frame address (CFA, the
 * stack pointer in the caller) is from what the kind says, and where the
 * caller's frame pointer and return address lie below the CFA. What does not
 * fit is ROWCACHE_COMPLEX: unwind.h does it by all the registers.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 * Source: ours; the reduction of DWARF's rows to a few words is that of
 * Bastian, Kell, Zappa Nardelli: Reliable and Fast DWARF-Based Stack
 * Unwinding, OOPSLA 2019.
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

#define ROWCACHE_RA_AT_CFA                                                     \
    8u /* the return address lies just below the CFA;
                                 else just above the frame pointer's slot */
#define ROWCACHE_FIELD_MOST 4095u

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

static_assert(ARCH_ADDR_BITS - ROWCACHE_LOG2 + ROWCACHE_RULE_BITS <= 64,
              "the rest of the place fits beside the rule");

/* Written by anyone, whole words. */
extern HIDDEN _Atomic uint64_t rowcache_words[1 << ROWCACHE_LOG2];

static ALWAYS_INLINE _Atomic uint64_t *
rowcache_word(uintptr_t place)
{
    return &rowcache_words[(place ^ place >> ROWCACHE_LOG2) &
                           ((1u << ROWCACHE_LOG2) - 1)];
}

/* rowcache_find - the rule at `place`, 0 if it is not here. */
static ALWAYS_INLINE uint32_t
rowcache_find(uintptr_t place)
{
    uint64_t word =
        atomic_load_explicit(rowcache_word(place), memory_order_relaxed);

    if (UNLIKELY(word >> ROWCACHE_RULE_BITS != place >> ROWCACHE_LOG2))
        return 0;
    return (uint32_t)word & ((1u << ROWCACHE_RULE_BITS) - 1);
}

/* rowcache_insert - remember the rule at `place`. */
void rowcache_insert(uintptr_t place, uint32_t rule);

/* rowcache_clear - forget all: code went, and other code may come. */
void rowcache_clear(void);

#endif
