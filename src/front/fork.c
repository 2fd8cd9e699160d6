/*
 * front/fork.c - one conductor for the locks of all layers around a fork.
 *
 * Before the fork every lock is taken, from the last layer to the first, so
 * the child gets no structure that another thread is changing under a lock;
 * what other threads were doing without one is written off by track_child.
 * From then until the handlers end, the forking thread counts as the holder of
 * every lock (lock_freeze_begin), so handlers of other libraries that run in
 * between may allocate. Signals are blocked while the locks are taken and given
 * back, and only then: there the thread holds locks that it does not yet, or no
 * longer, own all of.
 *
 * A signal handler that forks may have interrupted this thread where it holds
 * a lock that another one waits for, holding one of those. So they are taken in
 * a hurry then, and if one is not to be had, none is: the child is as one made
 * without these handlers.
 *
 * A child made without these handlers is made ready by its first call, if it
 * has a copy of our memory (clone, _Fork: see start_ensure), and left alone if
 * it shares it (vfork). It reports nothing (start_is_ours).
 */
#include "front/fork.h"

#include "os/lock.h"
#include "os/signal.h"
#include "conf/conf.h"
#include "report/report.h"
#include "track/track.h"
#include "monitor/monitor.h"
#include "front/attach.h"
#include "front/funcs.h"
#include "front/start.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>

/* Forks that lie between the first process and this one. Written in a child
 * that has one thread. */
static unsigned fork_count;

/* Not all: a SIGCHLD that nobody hears, but that is blocked here, would wake
 * another thread and end its call (see signal_heard). */
static uint64_t
block_signals(void)
{
    return signal_block_mask(signal_heard());
}

/* The fork goes on with no lock taken. */
static __thread bool is_bare;

/* False: it stopped at the monitor's locks, without which the rest may be
 * frozen by another thread too. */
static bool
freeze(void)
{
    monitor_freeze();
    if (lock_has_hurried_on())
        return false;
    track_freeze();
    report_freeze();
    conf_freeze();
    return true;
}

static void
thaw(bool is_whole)
{
    if (is_whole) {
        conf_thaw();
        report_thaw();
        track_thaw();
    }
    monitor_thaw();
}

/* freeze, from inside of the library; false if it was undone. */
static bool
freeze_hurriedly(void)
{
    bool is_whole, is_frozen;

    lock_hurry_begin();
    is_whole = freeze();
    is_frozen = !lock_has_hurried_on();
    if (!is_frozen)
        thaw(is_whole);
    lock_hurry_end();
    return is_frozen;
}

static void
before(void)
{
    int saved_errno = errno;
    uint64_t mask = block_signals();

    if (UNLIKELY(track_is_inside()))
        is_bare = !freeze_hurriedly();
    else
        (void)freeze(); /* whole: it waits as long as need be */
    if (!is_bare)
        lock_freeze_begin();
    signal_restore(mask);
    errno = saved_errno;
}

static void
in_parent(void)
{
    int saved_errno = errno;
    uint64_t mask;

    if (UNLIKELY(is_bare)) {
        is_bare = false;
        return;
    }
    mask = block_signals();
    lock_freeze_end();
    thaw(true);
    signal_restore(mask);
    errno = saved_errno;
}

static void
in_child(void)
{
    int saved_errno = errno;
    uint64_t mask;

    if (UNLIKELY(is_bare)) {
        is_bare = false;
        return;
    }
    mask = signal_block_all();
    lock_freeze_end();
    conf_child();
    report_thaw();
    track_child();
    attach_child();
    start_in_child();
    report_child(++fork_count);
    funcs_child();
    track_internal_begin();
    monitor_child();
    track_internal_end();
    signal_restore(mask);
    errno = saved_errno;
}

void
fork_install(void)
{
    /* It fails only where memory for the handlers is refused; then a fork of a
     * threaded program is as risky as it is by POSIX, and the child is silent
     * (start_is_ours). */
    (void)pthread_atfork(before, in_parent, in_child);
}
