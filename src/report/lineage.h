/*
 * report/lineage.h - is this process a child of one that writes the same log?
 *
 * A program that was started by another under the library has no other sign of
 * it than its parent: nothing is added to the environment that the program
 * sees.
 */
#ifndef REPORT_LINEAGE_H
#define REPORT_LINEAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * lineage_is_child - true if the parent process has this library mapped and
 * was given the same DBGMALLOC_OPTS.
 *
 * False where /proc does not tell.
 * Thread: one at a time.   Signal: yes.   Locks: held: report.   Cost: reads
 * four files of /proc.
 */
bool lineage_is_child(void);

/*
 * lineage_start - when the kernel made this process (before any exec), in
 * nanoseconds since 1970, up to 20 ms early or late; 0 if unknown.
 */
uint64_t lineage_start(void);

/*
 * lineage_start_ticks - the start time in the text of /proc/PID/stat, in
 * clock ticks since boot; false if the text has none.
 *
 * The program's name stands in brackets and may itself hold brackets and
 * blanks.
 */
bool lineage_start_ticks(const char *stat, uint64_t *out_ticks);

#endif
