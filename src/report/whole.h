/*
 * report/whole.h - a file that is only ever there whole.
 *
 * It is written under another name beside it and then takes its place, so a
 * reader, or a crash in the middle, meets the one before or the new one.
 * Invariant: a file that another process wrote since this one started is never
 * replaced; it gets PATH.PID instead.
 *
 * Thread: one at a time.   Signal: no.   Locks: held: report.
 */
#ifndef REPORT_WHOLE_H
#define REPORT_WHOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "report/logname.h"

struct whole {
    char path[LOGNAME_MAX]; /* "" until the first write */
    bool is_forked;         /* this process was forked from one with the same
                               pattern */
    bool has_complained;    /* a failure was said */
};

/*
 * whole_write - put the `n` bytes in the file that `pattern` names.
 *
 * A device or a pipe is written to as it is. A failure is said once on fd 2.
 * Returns 0 or -errno; the file is then as it was before.
 */
int whole_write(struct whole *file, const char *pattern, const char *bytes,
                size_t n);

/* whole_forget - the next write makes the name anew. */
void whole_forget(struct whole *file, bool is_forked);

#endif
