/*
 * report/rulegen.h - ready-made suppressions for what a report lists, in the
 * syntax that the option suppress-generate asks for.
 *
 * Inside names_begin and names_end.   Thread: owner of `out`.
 */
#ifndef REPORT_RULEGEN_H
#define REPORT_RULEGEN_H

#include <stdbool.h>

#include "meta/buffer.h"
#include "model/finding.h"
#include "model/snapshot.h"

/* More frames than this valgrind does not read. */
#define RULEGEN_FRAMES_MAX 24

/* rulegen_is_wanted - true if the option asks for them. */
bool rulegen_is_wanted(void);

/* rulegen_leak - the suppression for leaks like `entry`, with the end of its
 * last line. Nothing where no frame is known: it would match all. */
void rulegen_leak(struct buffer *out, const struct snapshot_entry *entry);

/* rulegen_leaks - those for all entries of the snapshot, with a heading. */
void rulegen_leaks(struct buffer *out, const struct snapshot *snapshot);

/* rulegen_finding - the suppression for findings like this one. */
void rulegen_finding(struct buffer *out, const struct finding *finding);

#endif
