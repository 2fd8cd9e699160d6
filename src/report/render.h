/*
 * report/render.h - the formats: one function each.
 *
 * To add a format: a line in report/formats.def and a file of its own with
 * the function declared here.
 */
#ifndef REPORT_RENDER_H
#define REPORT_RENDER_H

#include <stdbool.h>

#include "meta/buffer.h"
#include "model/snapshot.h"
#include "report/book.h"
#include "report/emit.h"
#include "report/frametext.h"
#include "report/report.h"

/* render_version - the version that reports name: the build says it. */
const char *render_version(void);

/* render_format - the format that the options ask for. */
enum report_format render_format(void);

/* render_is_document - true of the forms in which a report is a document that
 * stands alone, and findings are kept for it: all but text and table. */
bool render_is_document(enum report_format format);

/* render_is_whole - true of the forms of which a file holds one: each report
 * then takes the place of the one before. */
bool render_is_whole(enum report_format format);

/* render_reason - "at exit", "on a signal", ... */
const char *render_reason(enum snapshot_reason reason);

/* render_reason_key - "exit", "signal", ... */
const char *render_reason_key(enum snapshot_reason reason);

/* render_leak_key - "outstanding", "definite", ... */
const char *render_leak_key(enum leak_kind kind);

/* render_verdict_key - "lost", "growing", ..., "unknown" for none. */
const char *render_verdict_key(enum snapshot_verdict verdict);

/* render_leaks - what counts as leaked: all that was selected but what is
 * still reachable. *out_sites: entries, a leaked tree counted as one. */
struct snapshot_total render_leaks(const struct snapshot *snapshot,
                                   uint64_t *out_sites);

/* render_finding - finding `i` of those kept, from the snapshot's file or, of
 * this process, from alert.h. False if there are no more. */
bool render_finding(const struct snapshot *snapshot, size_t i,
                    struct finding *out_finding, uint64_t *out_times);

/* render_findings - how many findings the snapshot counts. */
uint64_t render_findings(const struct snapshot *snapshot);

/* One per format. `with_stats`: the statistics too, where the snapshot has
 * them. A failure to grow stays in out->failed. */
void render_text(struct buffer *out, const struct snapshot *snapshot,
                 bool with_stats);
void render_table(struct buffer *out, const struct snapshot *snapshot,
                  bool with_stats);
void render_json(struct buffer *out, const struct snapshot *snapshot,
                 bool with_stats);

void render_folded(struct buffer *out, const struct snapshot *snapshot,
                   bool with_stats);
void render_pprof(struct buffer *out, const struct snapshot *snapshot,
                  bool with_stats);
void render_massif(struct buffer *out, const struct snapshot *snapshot,
                   bool with_stats);
void render_openmetrics(struct buffer *out, const struct snapshot *snapshot,
                        bool with_stats);

void render_html(struct buffer *out, const struct snapshot *snapshot,
                 bool with_stats);

/* render_json_stack - the frames of `trace` as a list in a JSON document.
 * `frames`: those of the document, for the same names each time. */
void render_json_stack(struct emit *emit, struct frametext *frames,
                       const char *key, const struct trace *trace);

/* render_folded_stack - one stack as folded stacks have it, without the
 * number. `lines`: struct book_line, for its use alone. */
void render_folded_stack(struct buffer *out, struct book *book,
                         const struct trace *trace, struct vector *lines);

/* render_stats_text - the statistics section of the text (stats.c). */
void render_stats_text(struct buffer *out, const struct snapshot *snapshot);

#endif
