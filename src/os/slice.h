/*
 * os/slice.h - has this thread been switched out since? Asked in two loads.
 *
 * A thread that ran on without a break has not slept, so a time it read a
 * moment ago is still good. The kernel's restartable sequences tell: a thread
 * that leaves a descriptor in its rseq area finds it cleared after any context
 * switch or signal (the kernel clears a descriptor whose code is not running).
 * Our descriptor's code is never run, so nothing is ever restarted.
 *
 * glibc registers the area (2.35 and later); where it did not, every question
 * is answered "switched", which is always safe.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 * Source: Desnoyers, Restartable sequences, Linux 4.18; the lazy clearing is
 * described in the kernel's include/uapi/linux/rseq.h.
 */
#ifndef OS_SLICE_H
#define OS_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/arch/arch.h"

/* Two descriptors, so that a signal handler's marks are not taken for those of
 * the code that it interrupted. */
#define SLICE_KINDS 2

/* Written once, by slice_start. */
struct slice_base {
    ptrdiff_t offset; /* of the descriptor word from the thread pointer; 0:
                         there is none */
    uint64_t marks[SLICE_KINDS];
};

extern HIDDEN struct slice_base slice_base;

/* slice_start - find out whether the area is there. */
void slice_start(void);

static ALWAYS_INLINE volatile uint64_t *
slice_word(void)
{
    return (volatile uint64_t *)(arch_thread_pointer() +
                                 (uintptr_t)slice_base.offset);
}

/* slice_begin - from now on slice_is_same holds until this thread is switched
 * out, interrupted by a signal, or begins another slice. */
static ALWAYS_INLINE void
slice_begin(unsigned kind)
{
    if (LIKELY(slice_base.offset != 0))
        *slice_word() = slice_base.marks[kind];
}

/* slice_is_same - true if this thread ran on since slice_begin(kind). */
static ALWAYS_INLINE bool
slice_is_same(unsigned kind)
{
    return LIKELY(slice_base.offset != 0) &&
           *slice_word() == slice_base.marks[kind];
}

#endif
