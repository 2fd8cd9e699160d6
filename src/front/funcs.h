/*
 * front/funcs.h - check-funcs: calls of libc's functions that use memory, with
 * their arguments checked before the damage is done.
 *
 * While the option is on, the import slots of all loaded modules lead to hooks
 * (elf/imports.h); each checks its pointers and lengths against the blocks
 * that they are in and goes on to libc's own function, by our own reference, so
 * result, errno and speed of the work itself are libc's. While it is off, no
 * call comes here. What the compiler made part of the program's own code is
 * seen with the header only (DBGMALLOC_FUNC_CHECK).
 *
 * A pointer that is in no block of ours is not judged. A hook allocates nothing
 * and takes no lock, so it may be called wherever the function itself may.
 * Hooks end in a jump to the real function where that looks at its caller
 * (dlsym) or allocates (strdup).
 */
#ifndef FRONT_FUNCS_H
#define FRONT_FUNCS_H

#include <dlfcn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>
#include <wchar.h>

#include "base/attr.h"
#include "front/front.h"
#include "track/track.h"

/* funcs_update - redirect, or give back, as the option says; from the
 * constructor and when options change. Signal: no. Locks: the loader's. */
void funcs_update(void);

/* funcs_child - in a forked child. */
void funcs_child(void);

/* funcs_refresh - redirect what was loaded since, if anything was. Signal:
 * yes. Cost: a few loads. */
void funcs_refresh(void);

/* ---- for the hooks ---- */

/* funcs_reads, funcs_writes - `n` bytes at `p` are about to be used. */
static ALWAYS_INLINE void
funcs_reads(const void *p, size_t n, const char *during, const void *caller)
{
    if (UNLIKELY(n > track_room(p)))
        track_wrong_access(p, n, FINDING_ACCESS_READ, false, during, caller);
}

static ALWAYS_INLINE void
funcs_writes(const void *p, size_t n, const char *during, const void *caller)
{
    if (UNLIKELY(n > track_room(p)))
        track_wrong_access(p, n, FINDING_ACCESS_WRITE, false, during, caller);
}

/* funcs_distance - from one place to the other; SIZE_MAX where both are the
 * very same, which does no harm, and compilers make such calls. */
static ALWAYS_INLINE size_t
funcs_distance(const void *p, const void *q)
{
    uintptr_t a = (uintptr_t)p, b = (uintptr_t)q;

    if (a == b)
        return SIZE_MAX;
    return a > b ? a - b : b - a;
}

/* funcs_apart - the `n` bytes at the two places must not overlap. */
static ALWAYS_INLINE void
funcs_apart(const void *target, const void *source, size_t n,
            const char *during, const void *caller)
{
    size_t distance = funcs_distance(target, source);

    if (UNLIKELY(distance < n))
        track_wrong_overlap(target, source, n, n - distance, during, caller);
}

/* funcs_text - the length of a text of at most `most` bytes that is about to
 * be read; a finding if it has no end in its block. */
size_t funcs_text(const char *text, size_t most, const char *during,
                  const void *caller);

#include "front/fortify.def"

/* The hooks: funcs_memcpy has memcpy's type, and so on. The functions
 * themselves are weak: what a libc has not is not redirected, and a static
 * program is not made to have what it does not use. */
#define FUNCS_PRAGMA(text) _Pragma(#text)
#define FUNC(name, version)                                                    \
    HIDDEN extern __typeof__(name) funcs_##name;                               \
    FUNCS_PRAGMA(weak name)
#define ALIAS(name, version, as)
#include "front/funcs.def"
#undef FUNC
#undef ALIAS

#endif
