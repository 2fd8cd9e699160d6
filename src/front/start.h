/*
 * front/start.h - the first call, the constructor, and the end.
 *
 * The first call of any entry point starts the library, whoever makes it: the
 * dynamic loader, another library's constructor, preinit_array. Our own
 * constructor does what needs a libc that is further along.
 */
#ifndef FRONT_START_H
#define FRONT_START_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/attr.h"
#include "leak/leak.h"

/* Points to true once blocks can be made; to false in a copy of the process
 * that is not made ready yet. Written by start_ensure. */
extern HIDDEN _Atomic bool *start_done;

/*
 * start_ensure - start the library unless that has happened; wait for another
 * thread that is at it.
 *
 * Returns false only in a call that the start itself leads to (the program's
 * dbgmalloc_default_options allocates): there is no heap yet.
 * errno: untouched.   Thread: any.   Signal: yes.
 */
bool MUST_CHECK start_ensure(void);

/*
 * start_is_ready - the test at the top of every entry point.
 *
 * A thread other than the first was made after the start (making one
 * allocates), so no ordering is needed here.
 */
static inline bool
start_is_ready(void)
{
    return LIKELY(atomic_load_explicit(start_done, memory_order_relaxed)) ||
           start_ensure();
}

/* start_is_ours - false in a process that this one made without the fork
 * handlers (vfork, clone, _Fork): it may share our memory, and reports
 * nothing. */
bool start_is_ours(void);

/* start_in_child - in a forked child: it is a process of its own now. */
void start_in_child(void);

/* start_finish - the exit report, once; true if leaks or findings remain.
 * caller: of the entry point or handler that the program is in. */
bool start_finish(const struct leak_caller *caller);

#endif
