/*
 * monitor/periodic.h - the library's own thread: what is due by time, by
 * number of operations, or asked for by a signal handler.
 */
#ifndef MONITOR_PERIODIC_H
#define MONITOR_PERIODIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/* What a handler may ask the thread for; bits. */
enum periodic_request {
    PERIODIC_REPORT = 1, /* the live report, and go on */
    PERIODIC_CRASH = 2,  /* the last report: oncrash_written follows */
    PERIODIC_STOP = 4,   /* the thread ends */
    PERIODIC_MARK = 8,   /* begin a new mark */
    PERIODIC_TOGGLE = 16 /* record new blocks, or no more */
};

/*
 * periodic_ensure - start the thread if there is none; have it read the
 * options again if there is.
 *
 * Returns 0 or -errno.   Thread: one at a time.   Signal: no.
 */
int periodic_ensure(void);

/* periodic_is_running - true while the thread exists. Signal: yes. */
bool periodic_is_running(void);

/* periodic_thread - the kernel's id of the thread, 0 if there is none. */
int periodic_thread(void);

/* periodic_ask - ask the thread for `request`. Signal: yes. */
void periodic_ask(uint32_t request);

/*
 * periodic_stop - have the thread end, and wait for it, at most `timeout_ns`.
 *
 * Returns false if it is still busy then.   Signal: no.
 */
bool periodic_stop(uint64_t timeout_ns);

/* periodic_child - in a forked child: the thread is gone. */
void periodic_child(void);

#endif
