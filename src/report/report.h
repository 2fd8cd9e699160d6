/*
 * report/report.h - the door of report: how a finding or snapshot is said.
 *
 * Owns: the log (where it goes, its lock, its prefix), the formats (one file
 * each, listed in report/formats.def), and the names of addresses while a
 * report is written. Given: findings and snapshots, plain data from model. It
 * never looks at the heap, never allocates from the program's memory, and
 * prints each report whole: rendered into a buffer of our own, written under
 * one lock.
 *
 * Locks: report_lock (rank REPORT), taken masked.
 * Reading order: report.h, formats.def; where: log.c, logfile.c, logname.c,
 * lineage.c, line.c; findings: alert.c, explain.c, explainkind.c, place.c;
 * snapshots: render.c, text.c, stats.c, json.c (on emit.c), modulemap.c;
 * names.c (addresses to words), hidden.c (which of them), shorten.c, words.c,
 * hexrows.c; what is kept back: rule.h, rulefile.h, suppressions.def,
 * suppress.c.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/buffer.h"
#include "model/finding.h"
#include "model/snapshot.h"

enum report_format {
#define FORMAT(id, key, help) REPORT_##id,
#include "report/formats.def"
#undef FORMAT
    REPORT__FORMAT_COUNT
};

/* report_format_key - "text", "json", ... */
const char *report_format_key(enum report_format format);

/* report_format_help - what it is for, in some words. */
const char *report_format_help(enum report_format format);

/*
 * report_open - resolve the log's name from the options and the process.
 *
 * The file is made on first use (report_write), so a process that has nothing
 * to say leaves no file behind. Called at start, in a forked child and by
 * reopen.   Thread: one at a time.   Signal: no.
 */
void report_open(void);

/* report_reopen - close the log and open it anew by its name (rotation). */
void report_reopen(void);

/* report_path - the log's path as resolved, or "stderr", "fd 5", "none".
 * Returns `buffer`. */
const char *report_path(char *buffer, size_t size);

/* report_is_file - true if the log is a file of its own (not stderr, stdout or
 * none). */
bool report_is_file(void);

/*
 * report_write - append `n` bytes to the log, whole and not interleaved with
 * another thread's; a failure is said once on fd 2 and is never fatal.
 *
 * Thread: any.   Signal: yes, where the lock can be taken at once, else the
 * text goes to fd 2.   Locks: report.
 */
void report_write(const char *bytes, size_t n);

/* report_line - one line with the prefix of log-prefix, as printf prints; for
 * log-trans, log-admin and messages of the program. */
void report_line(const char *format, ...) PRINTF_LIKE(1, 2);
void report_line_v(const char *format, va_list values) PRINTF_LIKE(1, 0);

/*
 * report_finding - say a finding at once: in full to the log, in short form
 * on fd 2 too where `print` is on and the log is elsewhere. In format=json the
 * finding is kept (up to a bound; the rest is counted) for the "findings" array
 * of the next document, and goes to fd 2 in short form.
 *
 * Repeated findings of one kind from the same traces are counted, not
 * repeated: 1st, 10th, 100th... are said.
 * Thread: any.   Signal: yes.   Locks: report.
 */
void report_finding(const struct finding *finding);

/* report_snapshot - render in the log's format and write it. */
void report_snapshot(const struct snapshot *snapshot);

/* report_snapshot_as - the same in this format. */
void report_snapshot_as(const struct snapshot *snapshot,
                        enum report_format format);

/* report_is_dump_wanted - true where dump=PATH asks for snapshots in files. */
bool report_is_dump_wanted(void);

/* report_is_picture - true where the log's form of report needs all that a
 * snapshot can have, whatever the options say of leaks and statistics. */
bool report_is_picture(void);

/*
 * report_dump - write the snapshot, with names and findings, to the file of
 * dump=PATH. Call it last: it changes the snapshot. A failure is said once.
 *
 * Thread: one at a time.   Signal: no.   Locks: report, symbol.
 */
void report_dump(struct snapshot *snapshot);

/*
 * report_suppress - take out of the grouped snapshot what a suppression covers:
 * entries and totals go, `suppressed` and `rules` say how much.
 *
 * Thread: one at a time.   Signal: no.   Locks: symbol.   Cost: names every
 * address of its entries once, where a rule could match.
 */
void report_suppress(struct snapshot *snapshot);

/*
 * report_is_suppressed - true, and counted, if a suppression covers the
 * finding: then nothing is to be said or done.
 *
 * Thread: any.   Signal: yes (in a handler that interrupted the naming of
 * addresses none are named, and less is suppressed).   Locks: symbol.
 */
bool MUST_CHECK report_is_suppressed(const struct finding *finding);

/* report_options_changed - read anew what the options name: the files of
 * suppressions. Also to be called once at start.   Signal: no. */
void report_options_changed(void);

/* report_render - render `snapshot` (and the findings kept so far, for JSON)
 * as `format` to the end of `out`. Returns 0 or -ENOMEM. */
int MUST_CHECK report_render(const struct snapshot *snapshot,
                             enum report_format format, struct buffer *out);

/* report_variable_text - the data at `addr`, in a module that is loaded, in
 * words: "table+16 (prog)", "libfoo.so.1+0x4010".   Signal: no. */
void report_variable_text(struct buffer *out, uintptr_t addr);

/* report_frame_text - the trace's frame `i` in words: "main (prog.c:12)",
 * "foo+0x12 (libfoo.so.1)", "libfoo.so.1+0x1234". Frame 0 of a trace with a
 * file is that file and line. Appends to `out`. */
void report_frame_text(struct buffer *out, const struct trace *trace,
                       uint32_t i);

/*
 * report_place - say what lies at `addr`, which is in no block: fills
 * finding->place and ->module (from the module list, the stack of the calling
 * thread and /proc/self/maps).
 */
void report_place(struct finding *finding);

/*
 * report_mark_runtime - call what the runtime keeps for itself LEAK_RUNTIME, of
 * the blocks of `snapshot` that are not grouped yet, unless no-hide-runtime.
 *
 * Thread: any.   Signal: no.   Locks: symbol.
 */
void report_mark_runtime(struct snapshot *snapshot);

/*
 * report_set_demangler - let C++ names be shown as in the source, by the
 * program's own __cxa_demangle, which allocates: `enter` and `leave` are called
 * around it, and `give` frees what it returns.
 * Thread: one at a time, at start.
 */
void report_set_demangler(void (*enter)(void), void (*leave)(void),
                          void (*give)(void *p));

/* freeze, thaw for fork and stop-the-world; child: in the forked child, after
 * thaw: applies log-child. */
void report_freeze(void);
void report_thaw(void);
void report_child(unsigned forks);

/* report_copied - in a child that was made without freezing (_Fork, clone):
 * nobody holds a lock of report or below any more. */
void report_copied(void);

/* For the command, which names the addresses of other processes and compares
 * snapshots. */
#include "report/compare.h"
#include "report/named.h"
#include "report/names.h"
#include "report/rulegen.h"
#include "report/weigh.h"

#endif
