/*
 * tool/report_cmd.c - `dbgmalloc report`: a snapshot's file in any form.
 */
#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/conf.h"
#include "model/snapshot.h"
#include "report/report.h"
#include "tool/command.h"
#include "tool/snapfile.h"

enum {
    OPTION_DIFF = 256,
    OPTION_FILTER,
    OPTION_TOP,
    OPTION_SYMBOLS,
    OPTION_VALUE
};

struct report {
    enum report_format format;
    const char *diff;
    const char *filter;
    const char *output; /* NULL: standard output */
    struct snapshot snapshot;
    struct snapshot old;
};

static bool
find_format(const char *key, enum report_format *out_format)
{
    for (unsigned i = 0; i < REPORT__FORMAT_COUNT; i++) {
        if (strcmp(key, report_format_key((enum report_format)i)) == 0) {
            *out_format = (enum report_format)i;
            return true;
        }
    }
    return false;
}

static void
read_option(struct report *report, struct tool_args *args, int option)
{
    enum weigh_measure measure;
    struct stat status;
    char text[64];

    switch (option) {
    case 'f':
        if (!find_format(args->value, &report->format))
            tool_usage(args, "--format=%s: wanted is one of %s", args->value,
                       command_formats());
        break;
    case 'o':
        report->output = args->value;
        break;
    case OPTION_DIFF:
        report->diff = args->value;
        break;
    case OPTION_FILTER:
        report->filter = args->value;
        break;
    case OPTION_TOP:
        (void)snprintf(text, sizeof(text), "top=%llu",
                       tool_count(args, "top", 0));
        if (conf_apply(text) != 0)
            tool_usage(args, "--top=%s: wanted is a number", args->value);
        break;
    case OPTION_SYMBOLS:
        if (stat(args->value, &status) != 0)
            tool_usage(args, "--symbols-from=%s: %s", args->value,
                       strerror(errno));
        if (!S_ISDIR(status.st_mode))
            tool_usage(args, "--symbols-from=%s: it is no directory",
                       args->value);
        named_set_directory(args->value);
        break;
    case OPTION_VALUE:
        if (!weigh_find(args->value, &measure))
            tool_usage(args,
                       "--value=%s: wanted is leaked, leaked-blocks, live, "
                       "live-blocks, allocated or count",
                       args->value);
        weigh_set(measure);
        break;
    default:
        break;
    }
}

/* ---- writing ---- */

/* Where the report goes. A large one goes there in parts. */
struct output {
    const char *path; /* NULL: standard output */
    FILE *stream;
    int error; /* errno of the first failure, or 0 */
};

static int
open_output(const struct report *report, struct output *out_output)
{
    bool is_file = report->output != NULL && strcmp(report->output, "-") != 0;

    *out_output = (struct output){.path = is_file ? report->output : NULL,
                                  .stream = stdout};
    if (!is_file)
        return 0;
    out_output->stream = fopen(out_output->path, "wb");
    if (out_output->stream == NULL)
        return tool_fail("cannot write %s: %s", out_output->path,
                         strerror(errno));
    return 0;
}

static void
write_part(const char *bytes, size_t n, void *context)
{
    struct output *output = context;

    if (n > 0 && output->error == 0 && fwrite(bytes, 1, n, output->stream) != n)
        output->error = errno;
}

static int
close_output(struct output *output)
{
    if (output->path == NULL)
        return TOOL_OK; /* main looks after standard output */
    if (fclose(output->stream) != 0 && output->error == 0)
        output->error = errno;
    if (output->error != 0)
        return tool_fail("cannot write %s: %s", output->path,
                         strerror(output->error));
    return TOOL_OK;
}

static bool
is_binary(enum report_format format)
{
    return format == REPORT_PPROF;
}

static int
render(struct report *report)
{
    struct output output;
    struct buffer out = BUFFER_INIT;
    int result = open_output(report, &output);
    int status;

    if (result != 0)
        return result;
    out.drain = write_part;
    out.drain_context = &output;
    named_use(&report->snapshot);
    if (report->diff != NULL)
        result = compare_render(&report->old, &report->snapshot, report->format,
                                &out);
    else
        result = report_render(&report->snapshot, report->format, &out);
    if (result != 0)
        result = tool_fail("there is not enough memory to make the report");
    else
        write_part(out.bytes, out.count, &output);
    status = close_output(&output);
    buffer_fini(&out);
    return result != 0 ? result : status;
}

static int
load_all(struct report *report, const char *path)
{
    int status = snapfile_load(path, &report->snapshot);

    if (status == 0 && report->diff != NULL)
        status = snapfile_load(report->diff, &report->old);
    if (status == 0 && report->filter != NULL)
        status = snapfile_filter(&report->snapshot, report->filter);
    if (status == 0 && report->filter != NULL && report->diff != NULL)
        status = snapfile_filter(&report->old, report->filter);
    return status;
}

static int
run_report(struct tool_args *args)
{
    struct report report = {.format = REPORT_TEXT};
    int option;
    int status;

    snapshot_init(&report.snapshot);
    snapshot_init(&report.old);
    conf_init(NULL);
    while ((option = tool_next(args)) != 0)
        read_option(&report, args, option);
    if (args->argc != 1)
        tool_usage(args, args->argc == 0 ? "which file?"
                                         : "one file, please; two are compared "
                                           "by --diff");
    if (report.diff != NULL && !compare_has(report.format))
        tool_usage(args, "--diff has the forms text, json, folded and html");
    if (is_binary(report.format) && report.output == NULL &&
        isatty(STDOUT_FILENO))
        tool_usage(args, "a profile is no text: name a file by -o");
    status = load_all(&report, args->argv[0]);
    if (status == 0)
        status = render(&report);
    named_use(NULL);
    snapshot_fini(&report.snapshot);
    snapshot_fini(&report.old);
    return status;
}

static const struct tool_option options[] = {
    {'f', "format", "FORMAT", TOOL_WORD_FORMAT, NULL,
     "text (if none is given), json, html, folded, pprof, massif or "
     "openmetrics"},
    {'o', "output", "FILE", TOOL_WORD_FILE, NULL,
     "write it there, and not to standard output"},
    {OPTION_DIFF, "diff", "OLD", TOOL_WORD_FILE, NULL,
     "compare with an earlier snapshot: which stacks are new, gone, grown or "
     "shrunk (text, json, folded, html)"},
    {OPTION_FILTER, "filter", "REGEX", TOOL_WORD_ANY, NULL,
     "only stacks of which a frame (function, file and line) matches"},
    {OPTION_TOP, "top", "N", TOOL_WORD_ANY, NULL,
     "as many places in the text; 0 is all, 10 if it is not given"},
    {OPTION_VALUE, "value", "WHAT", TOOL_WORD_CHOICE,
     "leaked|leaked-blocks|live|live-blocks|allocated|count",
     "what folded stacks count, and html shows first"},
    {OPTION_SYMBOLS, "symbols-from", "DIR", TOOL_WORD_DIRECTORY, NULL,
     "look for the programs and libraries, or their .debug files, in this "
     "directory first; their build-ids must be right"},
    {0},
};

static const struct tool_example examples[] = {
    {"DBGMALLOC_OPTS=dump=app.snap LD_PRELOAD=libdbgmalloc.so ./app",
     "have the library write a snapshot"},
    {"dbgmalloc report -f html -o app.html app.snap",
     "a page with a flame graph; open it in a browser"},
    {"dbgmalloc report --diff monday.snap friday.snap",
     "what grew between the two"},
    {"dbgmalloc report -f folded --value live app.snap | flamegraph.pl >x.svg",
     "a flame graph by other tools"},
    {"dbgmalloc report -f pprof -o app.pb.gz app.snap && go tool pprof "
     "app.pb.gz",
     "the same by pprof"},
    {0},
};

const struct tool_command tool_command_report = {
    .name = "report",
    .operands = "FILE",
    .word = TOOL_WORD_FILE,
    .summary = "show a snapshot, or what changed between two",
    .about =
        "Reads a snapshot that the library wrote by its option dump=FILE "
        "(- is standard input) and says it in the form asked for. The file is "
        "whole in itself: it may come from another machine. Functions and "
        "lines are named as they were when it was written; where they were "
        "not, the programs and libraries are looked up here.\n"
        "With --diff, stacks are the same where their functions and lines "
        "are, so the two may be of different runs.\n",
    .options = options,
    .examples = examples,
    .run = run_report,
};
