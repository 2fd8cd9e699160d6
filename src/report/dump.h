/*
 * report/dump.h - a snapshot in its file form: dump=PATH.
 */
#ifndef REPORT_DUMP_H
#define REPORT_DUMP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "model/snapshot.h"

/*
 * dump_complete - give the snapshot what makes it readable where this process
 * is gone: the findings kept, and the names of all frames.
 *
 * Its `modules` are filled in before, by monitor. Returns 0 or -ENOMEM.
 * Thread: one at a time.   Signal: no.   Locks: report, symbol.
 */
int MUST_CHECK dump_complete(struct snapshot *snapshot);

/* dump_document - put a report of a form that stands alone in the log's file,
 * in place of the one before. A failure is said once.
 * Thread: one at a time.   Signal: no.   Locks: report. */
void dump_document(const char *bytes, size_t n);

/* dump_forget - the options were read anew, or this is a forked child: the
 * next dump makes its name anew.   Locks: held: report. */
void dump_forget(bool is_forked);

#endif
