/*
 * report/alert.h - findings that were noticed: said at once, counted, and kept
 * for documents.
 *
 * Owns: the set of different findings (kind and traces) with how often each
 * was noticed, bounded; and in format=json copies of the first of each,
 * bounded. Invariant: a finding is kept only if it is in the set.
 *
 * Locks: report_lock guards all of it.
 */
#ifndef REPORT_ALERT_H
#define REPORT_ALERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/finding.h"

/* Different findings of one kind told apart; the first of them are said in
 * full, the others in short. A kind of which there are a million leaves room
 * for the others. */
#define ALERT_KIND_MAX 1024
#define ALERT_FULL_MAX 100

/* Different findings told apart in all, and findings kept for JSON. */
#define ALERT_DIFFERENT_MAX 4096
#define ALERT_KEPT_MAX 1000

/*
 * alert_kept - copy kept finding `i` and how often it was noticed.
 *
 * Returns false if there are no more than `i`.
 * Thread: any.   Signal: no.   Locks: report.
 */
bool alert_kept(size_t i, struct finding *out_finding, uint64_t *out_times);

/* alert_forget - in a forked child: what was noticed before is the parent's to
 * say.   Locks: held: report. */
void alert_forget(void);

#endif
