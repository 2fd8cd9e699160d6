/*
 * front/front.h - the door of front: what the program calls.
 *
 * Purpose: every name that the library shows to the program: malloc and its
 * family with glibc's exact semantics, C++'s operators new and delete by their
 * mangled names, and the functions of dbgmalloc.h. Each is a few lines: make
 * sure that the library has started, call track, report or monitor, and set
 * errno as the caller expects.
 *
 * Owns: the start and the end of the library (start.h), the fork handlers
 * (fork.h), the key that notices the end of a thread (threads.h), the
 * program's hooks and the last error (hooks.h).
 *
 * Invariants: only front exports names and only front touches errno. An entry
 * point works in every context: before constructors, in signal handlers, in
 * handlers of fork and exit, in a thread that has ended. free keeps errno;
 * others set it only when they fail.
 *
 * Locks: none of its own.
 * Reading order: front.h, start.c, malloc.c, operators.c, fork.c, threads.c,
 * hooks.c, sites.c, api.c, look.c, inform.c.
 */
#ifndef FRONT_FRONT_H
#define FRONT_FRONT_H

#include "base/attr.h"
#include "front/start.h"
#include "os/arch/arch.h"
#include "track/track.h"

#include <errno.h>

/* The frame of the entry point, from which the stack of the program's call is
 * read. A macro, for it must be evaluated in the entry point itself, which must
 * still be there when it is used: front is built without tail calls. */
#define FRONT_CALLER ARCH_FRAME()

/* front_is_null_right - true where NULL for `size` bytes is what the option
 * zero-size asks for, and no failure. */
bool front_is_null_right(size_t size);

/* front_fail - malloc's way to fail: NULL, and ENOMEM.
 *
 * Where zero-size makes malloc(0) NULL, that is no failure: errno is left. */
void *front_fail(size_t size);

/* front_alloc - what every entry point that makes a block does. */
static ALWAYS_INLINE void *
front_alloc(size_t size, size_t align, bool zero, enum origin origin,
            const void *caller)
{
    void *p;

    if (UNLIKELY(!start_is_ready()))
        return front_fail(SIZE_MAX);
    p = track_alloc(size, align, zero, origin, caller);
    if (UNLIKELY(p == NULL))
        return front_fail(size);
    return p;
}

/* front_realloc - realloc in all its cases. */
void *front_realloc(void *p, size_t size, bool zero_tail, enum origin origin,
                    const void *caller);

#endif
