/*
 * report/logname.h - the name of the log, from the pattern in the options.
 *
 * Thread: any. Signal: yes. Locks: none.
 */
#ifndef REPORT_LOGNAME_H
#define REPORT_LOGNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOGNAME_MAX 4096

/* What the letters of a pattern stand for. */
struct logname_values {
    int pid;             /* %p */
    const char *program; /* %e */
    const char *host;    /* %h */
    uint64_t unix_ns;    /* %t, as 20261123T101112Z */
    unsigned uid;        /* %u */
    unsigned forks;      /* %n */
};

/*
 * logname_expand - `pattern` with its letters replaced, into `buffer`.
 *
 * %% is a percent sign; any other pair is copied as it stands. A slash in the
 * program's or the host's name becomes an underscore.
 * Returns the length of the whole name: it was cut if that is not under
 * `size`, which is > 0.
 */
size_t logname_expand(const char *pattern, const struct logname_values *values,
                      char *buffer, size_t size);

/* logname_is_unique - true if processes that run at once get different names
 * from `pattern`: it has %p. */
bool logname_is_unique(const char *pattern);

#endif
