/*
 * tool/outcome.h - what the reports of a run say, in two lines.
 *
 * The logs that `run` asked for are found by the pattern that it gave; of a
 * text report the lines that begin with "leaks:" and "findings:" are taken, of
 * a JSON report the totals. Other formats have none.
 */
#ifndef TOOL_OUTCOME_H
#define TOOL_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include <stddef.h>

/* The end of one report file. */
struct outcome {
    char *path;
    char leaks[200];    /* "500 bytes in 1 block from 1 site", or "" */
    char findings[200]; /* "1 (overrun 1)", or "" */
    bool has_leaks;     /* leaks, and not 0 */
    bool has_findings;
};

/*
 * outcome_each - call `visit` for each log that `pattern` (a value of log=, its
 * % escapes in it) may have become and that was written at or after `since`,
 * in the order of writing.
 *
 * Returns how many there are.
 */
size_t outcome_each(const char *pattern, struct timespec since,
                    void (*visit)(const struct outcome *, void *),
                    void *context);

/* outcome_read - the end of the report file. */
void outcome_read(const char *path, struct outcome *out_outcome);

/* outcome_findings_so_far - how many findings the logs of a run that goes on
 * name. */
uint64_t outcome_findings_so_far(const char *pattern, struct timespec since);

#endif
