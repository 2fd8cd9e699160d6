/*
 * report/explain.h - a finding in words: what happened, to which block, who
 * made and freed it, what most likely did it, and what to do.
 *
 * Thread: any. Signal: yes. Locks: those of naming an address.
 */
#ifndef REPORT_EXPLAIN_H
#define REPORT_EXPLAIN_H

#include "meta/buffer.h"
#include "model/finding.h"

/* explain_full - the whole text, for the log. */
void explain_full(struct buffer *out, const struct finding *finding);

/* explain_short - one or two lines, for fd 2. `times` > 1: it was noticed that
 * often before, last as `finding`. */
void explain_short(struct buffer *out, const struct finding *finding,
                   uint64_t times);

/* explain_place - "on the stack of this thread", "in the data of libfoo.so",
 * ... */
void explain_place(struct buffer *out, const struct finding *finding);

/* explain_advice - what most likely happened and what to do, in one or two
 * sentences; nothing where there is nothing to say. */
void explain_advice(struct buffer *out, const struct finding *finding);

/* explain_what - what happened, without the end of the line: "3 bytes changed
 * at 0x7f..." */
void explain_what(struct buffer *out, const struct finding *finding);

#endif
