/*
 * tool/report_cmd.c - `dbgmalloc report`: a snapshot's file in any form.
 */
#include "tool/tool.h"

#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "model/codec.h"
#include "os/file.h"
#include "report/report.h"
#include "tool/command.h"

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

/* The file's bytes; a mapping, or memory where it cannot be mapped (a pipe). */
struct input {
    struct file_map map;
    char *bytes; /* to be freed, or NULL */
    size_t size;
};

static int
read_stream(FILE *stream, struct input *out_input)
{
    size_t capacity = 0;

    for (;;) {
        size_t n;

        if (out_input->size == capacity) {
            capacity = capacity == 0 ? 65536 : 2 * capacity;
            out_input->bytes = tool_grow(out_input->bytes, capacity);
        }
        n = fread(out_input->bytes + out_input->size, 1,
                  capacity - out_input->size, stream);
        if (n == 0)
            return ferror(stream) ? -EIO : 0;
        out_input->size += n;
    }
}

static int
open_input(const char *path, struct input *out_input)
{
    FILE *stream;
    int result;

    memset(out_input, 0, sizeof(*out_input));
    if (strcmp(path, "-") == 0)
        return read_stream(stdin, out_input);
    if (file_map(path, &out_input->map) == 0) {
        out_input->size = out_input->map.size;
        return 0;
    }
    stream = fopen(path, "rb");
    if (stream == NULL)
        return -errno;
    result = read_stream(stream, out_input);
    (void)fclose(stream); /* only read */
    return result;
}

static void
close_input(struct input *input)
{
    if (input->map.bytes != NULL)
        file_unmap(&input->map);
    free(input->bytes);
}

/* The likely mistake is to hand over the report itself. */
static int
load(const char *path, struct snapshot *out_snapshot)
{
    struct input input;
    const char *wrong;
    const void *bytes;
    int error = open_input(path, &input);

    if (error != 0)
        return tool_fail("cannot read %s: %s", path, strerror(-error));
    bytes = input.map.bytes != NULL ? (const void *)input.map.bytes
                                    : (const void *)input.bytes;
    wrong = codec_decode(bytes, input.size, out_snapshot);
    if (wrong != NULL && !codec_is_snapshot(bytes, input.size))
        (void)tool_fail("%s: %s. Snapshots are written by the option dump=FILE "
                        "of the library",
                        path, wrong);
    else if (wrong != NULL)
        (void)tool_fail("%s cannot be read: %s", path, wrong);
    close_input(&input);
    return wrong == NULL ? 0 : TOOL_FAILED;
}

/* ---- filter ---- */

static bool
is_match(const regex_t *regex, const struct trace *trace)
{
    struct buffer text = BUFFER_INIT;
    bool is;

    names_list(&text, trace, 0, 0);
    is = text.bytes != NULL && regexec(regex, text.bytes, 0, NULL, 0) == 0;
    buffer_fini(&text);
    return is;
}

static void
filter_entries(struct snapshot *snapshot, const regex_t *regex)
{
    struct vector *entries = &snapshot->entries;
    size_t kept = 0;

    memset(snapshot->kinds, 0, sizeof(snapshot->kinds));
    snapshot->selected = (struct snapshot_total){0, 0};
    for (size_t i = 0; i < entries->count; i++) {
        struct snapshot_entry entry =
            VECTOR_AT(entries, struct snapshot_entry, i);

        if (!is_match(regex, entry.trace))
            continue;
        /* What it hangs under may be gone. */
        entry.parent = SNAPSHOT_NO_ENTRY;
        VECTOR_AT(entries, struct snapshot_entry, kept++) = entry;
        snapshot->kinds[entry.kind].blocks += entry.blocks;
        snapshot->kinds[entry.kind].bytes += entry.bytes;
        snapshot->selected.blocks += entry.blocks;
        snapshot->selected.bytes += entry.bytes;
    }
    entries->count = kept;
}

static void
filter_sites(struct snapshot *snapshot, const regex_t *regex)
{
    struct vector *sites = &snapshot->sites;
    size_t kept = 0;

    for (size_t i = 0; i < sites->count; i++) {
        struct snapshot_site site = VECTOR_AT(sites, struct snapshot_site, i);

        if (is_match(regex, site.trace))
            VECTOR_AT(sites, struct snapshot_site, kept++) = site;
    }
    sites->count = kept;
}

static int
filter(struct snapshot *snapshot, const char *pattern)
{
    regex_t regex;
    char what[128];
    int error = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);
    bool is_session;

    if (error != 0) {
        (void)regerror(error, &regex, what, sizeof(what));
        return tool_fail("--filter=%s: %s", pattern, what);
    }
    named_use(snapshot);
    is_session = names_begin();
    filter_entries(snapshot, &regex);
    filter_sites(snapshot, &regex);
    names_end(is_session);
    regfree(&regex);
    return 0;
}

/* ---- writing ---- */

static int
write_out(const struct report *report, const struct buffer *out)
{
    FILE *stream = stdout;
    bool is_whole;

    if (report->output != NULL && strcmp(report->output, "-") != 0) {
        stream = fopen(report->output, "wb");
        if (stream == NULL)
            return tool_fail("cannot write %s: %s", report->output,
                             strerror(errno));
    }
    is_whole = fwrite(out->bytes, 1, out->count, stream) == out->count;
    if (stream != stdout && fclose(stream) != 0)
        is_whole = false;
    if (!is_whole && stream != stdout)
        return tool_fail("cannot write %s: %s", report->output,
                         strerror(errno));
    return TOOL_OK; /* main looks after standard output */
}

static bool
is_binary(enum report_format format)
{
    return format == REPORT_PPROF;
}

static int
render(struct report *report)
{
    struct buffer out = BUFFER_INIT;
    int result;

    named_use(&report->snapshot);
    if (report->diff != NULL)
        result = compare_render(&report->old, &report->snapshot, report->format,
                                &out);
    else
        result = report_render(&report->snapshot, report->format, &out);
    if (result != 0)
        result = tool_fail("there is not enough memory to make the report");
    else
        result = write_out(report, &out);
    buffer_fini(&out);
    return result;
}

static int
load_all(struct report *report, const char *path)
{
    int status = load(path, &report->snapshot);

    if (status == 0 && report->diff != NULL)
        status = load(report->diff, &report->old);
    if (status == 0 && report->filter != NULL)
        status = filter(&report->snapshot, report->filter);
    if (status == 0 && report->filter != NULL && report->diff != NULL)
        status = filter(&report->old, report->filter);
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
