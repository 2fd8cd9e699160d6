/*
 * tool/view.h - what a watch looks like: a live table, a verdict in words,
 * lines of CSV, one document of JSON.
 */
#ifndef TOOL_VIEW_H
#define TOOL_VIEW_H

#include <stddef.h>
#include <stdio.h>

#include "tool/gauge.h"

/* What is watched, all of it. */
struct view {
    struct gauge **gauges;
    size_t count;
    double start; /* monotonic, seconds */
    double now;
    double interval; /* seconds */
    double cpu;      /* seconds that the watching itself took */
};

/* view_table - the live table, for a terminal of that size: one line for each
 * process, the fastest growing first; of a single one, its mappings too. */
void view_table(FILE *out, const struct view *view, unsigned columns,
                unsigned rows);

/* view_verdict - what is to be said of one process at the end, in words. */
void view_verdict(FILE *out, const struct view *view,
                  const struct gauge *gauge);

/* view_csv_head, view_csv - the names of the columns; a line for the newest
 * sample of each process. */
void view_csv_head(FILE *out);
void view_csv(FILE *out, const struct view *view);

/* view_json - all of it as one document. */
void view_json(FILE *out, const struct view *view);

/* view_spark - the program's own memory over time in `width` characters, each
 * of up to three bytes. Returns `buffer`. */
const char *view_spark(const struct gauge *gauge, unsigned width, char *buffer,
                       size_t size);

#endif
