/*
 * monitor/monitor.h - the door of monitor: when to look at the heap.
 *
 * Purpose: everything that makes the library say something besides a finding:
 * the end of the process, a signal, time that has passed, a call of the
 * program's. Each trigger asks for a report; collect.c makes a snapshot of the
 * heap and report says it.
 *
 * Owns: the library's one thread, which exists only where an option needs it
 * (stats-every, report-every, report-signal, mark-signal, toggle-signal,
 * catch-signals); the handlers of these signals.
 *
 * Invariants: a signal handler stores a request and wakes the thread, and
 * never looks at the heap itself. One report is made at a time.
 *
 * Locks: monitor_lock (rank MONITOR), held while a report is made.
 * Reading order: monitor.h, collect.h, periodic.h, onexit.c, onsignal.h,
 * oncrash.h.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/block.h"
#include "model/snapshot.h"
#include "monitor/collect.h"
#include "monitor/attend.h"
#include "monitor/holders.h"
#include "monitor/onfault.h"
#include "monitor/refs.h"

/*
 * monitor_start - install what the options ask for: signal handlers, our
 * thread. Once, from the constructor.
 *
 * Thread: one at a time.   Signal: no. It may allocate; the caller is inside
 * track_internal_begin.
 */
void monitor_start(void);

/* monitor_attend - have our thread look at the page of an attachment
 * (attend.h), and what grows be found from now on. Returns 0 or -errno.
 * As monitor_start. */
int MUST_CHECK monitor_attend(void);

/* monitor_unattend - the attachment is over: its history is given back.
 * Thread: our own. */
void monitor_unattend(void);

/* monitor_is_thread_needed - true where an option needs our thread. */
bool monitor_is_thread_needed(void);

/* monitor_options_changed - the same after setup, push and pop: what is no
 * longer asked for is taken away. As monitor_start. */
void monitor_options_changed(void);

/*
 * monitor_exit - what is due at the end of the process: our thread stops, one
 * full heap check (check-shutdown), the leak report and the statistics.
 *
 * Nothing is written where there is nothing to say.
 * caller: where the program called exit, or its like.
 * Returns true if leaks or findings remain (for exit-code).
 * Thread: one at a time.   Signal: no.   Locks: monitor.
 */
bool monitor_exit(const struct leak_caller *caller);

/*
 * monitor_report - make one report now and write it to the log.
 *
 * *out_selected, if not NULL: the blocks that it listed.
 * Returns 0; -EDEADLK if this thread is making a report already.
 * Thread: any.   Signal: no.   Locks: monitor.
 */
int monitor_report(const struct collect_request *request,
                   struct snapshot_total *out_selected);

/* monitor_report_now - the same from a handler that ends the process: not made
 * where another report is, and without blocks, for heap locks may be held.
 * Signal: yes. */
void monitor_report_now(const struct collect_request *request);

/* monitor_report_if - the same, written only if `is_wanted` says so of the
 * finished snapshot. */
int monitor_report_if(const struct collect_request *request,
                      bool (*is_wanted)(const struct snapshot *, void *),
                      void *context);

/* monitor_look - write down what each stack holds, if that is due at `now_ns`
 * (clock_now). Returns when it is due next.   Locks: monitor. */
uint64_t monitor_look(uint64_t now_ns);

/* monitor_count - the blocks that such a report would list. Returns as
 * monitor_report. */
int MUST_CHECK monitor_count(const struct collect_request *request,
                             struct snapshot_total *out_selected);

/*
 * monitor_walk - call `visit` for each block (flags: enum track_walk_flag),
 * until it returns false.
 *
 * The blocks are copied first, so `visit` may do anything, allocate too.
 * *out_visited: the calls made. Returns 0 or -ENOMEM (some were left out).
 */
int MUST_CHECK monitor_walk(unsigned flags,
                            bool (*visit)(const struct block *, void *),
                            void *context, uint64_t *out_visited);

/* monitor_note_live - add what is live now to the history (monitor/history.h).
 * Returns how many nanoseconds later the next is due.   Thread: our own.
 * Locks: monitor. */
uint64_t monitor_note_live(void);

/* monitor_mark - note in the history that mark `number` was set.
 * Thread: any.   Signal: yes.   Locks: none. */
void monitor_mark(uint32_t number);

/* freeze, thaw for fork and stop-the-world; child: in the forked child, where
 * our thread is gone: it is started again if the options need it. child may
 * allocate, as monitor_start. */
void monitor_freeze(void);
void monitor_thaw(void);
void monitor_child(void);

#endif
