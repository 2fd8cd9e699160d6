/*
 * report/log.h - where reports go: the log and fd 2, guarded.
 *
 * Owns: the log's name, its descriptor and the identity of what it writes to,
 * and that of fd 2. The program may close or reuse any descriptor at any time,
 * so each write first asks the kernel whether the descriptor is still what it
 * was; if not, a file is opened anew by its name and nothing of the program's
 * is written to.
 *
 * Locks: report_lock guards all of it (log_hold, log_release).
 */
#ifndef REPORT_LOG_H
#define REPORT_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* How log_hold got in. */
enum log_hold {
    LOG_HOLD_NONE,  /* it did not: this thread is inside already */
    LOG_HOLD_LOCK,  /* by the lock */
    LOG_HOLD_FROZEN /* this thread froze the layer and holds the lock */
};

/*
 * log_hold - enter: take report_lock.
 *
 * Returns LOG_HOLD_NONE, and the caller is not inside, where this thread is
 * there already (a signal handler, a fault inside ourselves).
 * Thread: any.   Signal: yes.   Locks: report.
 */
enum log_hold MUST_CHECK log_hold(void);
void log_release(enum log_hold hold);

/* log_put - write to the log; held: report. False where it could not be, and
 * fd 2 was told so the first time. */
bool log_put(const char *bytes, size_t n);

/* log_stderr - write to fd 2, if that is still what it was at the start.
 * Signal: yes. */
void log_stderr(const char *bytes, size_t n);

/*
 * log_name - the path that a pattern of the options (logname.h) stands for,
 * from the directory in which the program was started.
 *
 * Returns its length, or `size` and more where it does not fit.
 * Locks: held: report.
 */
size_t log_name(const char *pattern, char *out_path, size_t size);

/* log_error_text - what a negative errno of a file means, NULL where there are
 * no words for it.   Signal: yes. */
const char *log_error_text(int error);

/* log_is_stderr - true if the log is fd 2. */
bool log_is_stderr(void);

/* log_is_silent - true if this process says nothing at all: a child under
 * log-child=off. */
bool log_is_silent(void);

/* log_is_none - true if the log is none. */
bool log_is_none(void);

#endif
