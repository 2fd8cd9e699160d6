/*
 * front/threads.c - noticing that a thread ends.
 *
 * A pthread key's destructor runs when its thread ends. glibc runs the
 * destructors in rounds, at most PTHREAD_DESTRUCTOR_ITERATIONS, as long as
 * some key has a value. Other keys' destructors allocate and free, so ours puts
 * its value back until the last round and lets the thread's self go only then.
 * What comes even later (libc's own frees, other destructors of the last round)
 * works on a shared self.
 *
 * Our key is made at the first call in the process, so it is one of the first
 * 32, whose values glibc keeps in the thread's control block:
 * pthread_setspecific does not allocate.
 */
#include "front/threads.h"

#include "base/attr.h"
#include "track/track.h"
#include "monitor/monitor.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Written once at start, before `threads_has_key`. */
static pthread_key_t threads_key;
static _Atomic bool threads_has_key;

static void
set_round(uintptr_t round)
{
    int saved_errno = errno;

    /* A value, and not a pointer: it only must not be NULL. Where it cannot be
     * set (ENOMEM), the thread's self is not reused; nothing else is lost. */
    (void)pthread_setspecific(threads_key, (void *)round);
    errno = saved_errno;
}

static void
end_thread(void)
{
    onfault_thread_end();
    track_thread_end();
}

static void
thread_ends(void *value)
{
    uintptr_t round = (uintptr_t)value;

    if (round < PTHREAD_DESTRUCTOR_ITERATIONS)
        set_round(round + 1);
    else
        end_thread();
}

void
threads_install(void)
{
    if (pthread_key_create(&threads_key, thread_ends) != 0)
        return; /* selves are then not reused; nothing else is lost */
    atomic_store(&threads_has_key, true);
    /* The thread that starts the library got its self before the key. */
    set_round(1);
}

void
threads_arrive(void)
{
    if (atomic_load_explicit(&threads_has_key, memory_order_relaxed))
        set_round(1);
    onfault_thread_begin();
}
