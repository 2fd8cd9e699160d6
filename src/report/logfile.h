/*
 * report/logfile.h - the log as a file of its own.
 *
 * Invariants: a file that another live process writes to is never truncated,
 * nor is one that was written to in this process's life; the file that is
 * written to has the name in `path`, unless somebody renamed it meanwhile.
 *
 * Thread: one at a time.   Signal: yes.   Locks: held: report.
 */
#ifndef REPORT_LOGFILE_H
#define REPORT_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "conf/conf.h"
#include "os/file.h"
#include "report/logname.h"

struct logfile {
    int fd; /* valid if is_open */
    bool is_open;
    bool was_open;  /* under this name: append from now on */
    bool is_append; /* log=+PATH */
    bool is_unique; /* the pattern has %p */
    bool is_cut;    /* the name did not fit */
    bool is_forked; /* this process was forked from one with
                                      the same pattern */
    bool is_none;   /* the parent has it, and log-child=off */
    enum conf_log_child log_child;
    struct file_identity identity; /* of what `fd` was when it was opened */
    uint64_t start_ns;             /* unix time at which we started */
    char path[LOGNAME_MAX];
};

/* logfile_write - open the file if it is not open or no longer ours, and write
 * all of it to the end. Returns 0 or -errno. */
int MUST_CHECK logfile_write(struct logfile *file, const char *bytes, size_t n);

/* logfile_close - close the descriptor, if it is still ours. */
void logfile_close(struct logfile *file);

/* logfile_forget - logfile_close, and forget what was said of this name. */
void logfile_forget(struct logfile *file);

#endif
