/*
 * tool/suppress_cmd.c - `dbgmalloc suppress`: what a report lists as a file of
 * suppressions.
 *
 * A snapshot has the stacks, so the suppressions are made here, as the library
 * makes them. A report that was written with suppress-generate has them ready;
 * they are collected, each once.
 */
#include "tool/tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "meta/buffer.h"
#include "model/codec.h"
#include "report/report.h"
#include "tool/snapfile.h"

enum { OPTION_ALL = 256, OPTION_FILTER };

struct suppress {
    const char *filter; /* or NULL */
    const char *output; /* NULL: standard output */
    bool is_all;        /* what can still be reached too */
    char **rules;       /* each once, in the order they were met */
    size_t count;
};

/* Keep a rule, of `n` bytes with the end of its last line, unless it is known.
 * There are as many as somebody reads: a list will do. */
static void
add_rule(struct suppress *suppress, const char *text, size_t n)
{
    if (n == 0)
        return;
    for (size_t i = 0; i < suppress->count; i++) {
        if (strncmp(suppress->rules[i], text, n) == 0 &&
            suppress->rules[i][n] == '\0')
            return;
    }
    suppress->rules = tool_grow(
        suppress->rules, (suppress->count + 1) * sizeof(suppress->rules[0]));
    suppress->rules[suppress->count++] = tool_text("%.*s", (int)n, text);
}

/* ---- a snapshot ---- */

static bool
is_wanted(const struct suppress *suppress, const struct snapshot_entry *entry)
{
    /* A rule for a lost block covers what hangs under it. */
    if (entry->parent != SNAPSHOT_NO_ENTRY || entry->kind == LEAK_RUNTIME)
        return false;
    return snapshot_is_leak(entry->kind) || suppress->is_all;
}

static void
add_leaks(struct suppress *suppress, const struct snapshot *snapshot)
{
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (!is_wanted(suppress, entry))
            continue;
        buffer_clear(&text);
        rulegen_leak(&text, entry);
        add_rule(suppress, text.bytes, text.count);
    }
    buffer_fini(&text);
}

static void
add_findings(struct suppress *suppress, const struct snapshot *snapshot)
{
    struct buffer text = BUFFER_INIT;

    for (size_t i = 0; i < snapshot->noticed.count; i++) {
        const struct snapshot_noticed *noticed =
            &VECTOR_AT(&snapshot->noticed, struct snapshot_noticed, i);

        buffer_clear(&text);
        rulegen_finding(&text, &noticed->finding);
        add_rule(suppress, text.bytes, text.count);
    }
    buffer_fini(&text);
}

static int
read_snapshot(struct suppress *suppress, const char *path,
              const struct snapfile *file)
{
    struct snapshot snapshot;
    int status;
    bool is_session;

    snapshot_init(&snapshot);
    status = snapfile_decode(path, file, &snapshot);
    if (status == 0 && suppress->filter != NULL)
        status = snapfile_filter(&snapshot, suppress->filter);
    if (status == 0) {
        named_use(&snapshot);
        is_session = names_begin();
        add_leaks(suppress, &snapshot);
        /* What is asked for by a stack is leaks. */
        if (suppress->filter == NULL)
            add_findings(suppress, &snapshot);
        names_end(is_session);
    }
    named_use(NULL);
    snapshot_fini(&snapshot);
    return status;
}

/* ---- a report that has them ready ---- */

static bool
begins(const char *line, const char *end, const char *prefix)
{
    size_t n = strlen(prefix);

    return (size_t)(end - line) >= n && memcmp(line, prefix, n) == 0;
}

/* Of a text: valgrind's are from a line "{" to a line "}", LSan's and ours a
 * line each. */
static void
read_text(struct suppress *suppress, const char *text, size_t n)
{
    const char *end = text + n;
    const char *block = NULL;

    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *next = newline != NULL ? newline + 1 : end;

        if (next - text == 2 && *text == '{')
            block = text;
        else if (block != NULL && next - text == 2 && *text == '}') {
            add_rule(suppress, block, (size_t)(next - block));
            block = NULL;
        } else if (block == NULL && (begins(text, next, "leak:") ||
                                     begins(text, next, "finding:"))) {
            add_rule(suppress, text, (size_t)(next - text));
        }
        text = next;
    }
}

/* Of JSON: the strings of the key "suppression". What the library wrote has no
 * escapes but these. */
static void
read_json(struct suppress *suppress, const char *text, size_t n)
{
    static const char key[] = "\"suppression\": \"";
    const char *end = text + n;
    char *rule = tool_alloc(n + 1);

    while ((text = memmem(text, (size_t)(end - text), key, sizeof(key) - 1)) !=
           NULL) {
        size_t length = 0;

        for (text += sizeof(key) - 1; text < end && *text != '"'; text++) {
            if (*text == '\\' && text + 1 < end)
                text++;
            else {
                rule[length++] = *text;
                continue;
            }
            rule[length++] = *text == 'n' ? '\n' : *text == 't' ? '\t' : *text;
        }
        add_rule(suppress, rule, length);
    }
    free(rule);
}

static int
read_report(struct suppress *suppress, const char *path,
            const struct snapfile *file)
{
    const char *bytes = snapfile_bytes(file);

    if (suppress->filter != NULL)
        return tool_fail("%s: --filter is for snapshots", path);
    read_text(suppress, bytes, file->size);
    read_json(suppress, bytes, file->size);
    if (suppress->count == 0)
        return tool_fail("%s has no suppressions: it is no snapshot (the "
                         "option dump=FILE writes one), and no report that "
                         "was written with suppress-generate",
                         path);
    return 0;
}

/* ---- the file ---- */

static int
write_rules(const struct suppress *suppress, const char *from)
{
    FILE *stream = stdout;
    bool is_bad;

    if (suppress->output != NULL && strcmp(suppress->output, "-") != 0)
        stream = fopen(suppress->output, "we");
    if (stream == NULL)
        return tool_fail("cannot write %s: %s", suppress->output,
                         strerror(errno));
    fprintf(stream,
            "# Made by \"dbgmalloc suppress\" of %s: what is in here is "
            "counted, and not\n# listed, with the option suppress=FILE.\n",
            from);
    for (size_t i = 0; i < suppress->count; i++)
        fputs(suppress->rules[i], stream);
    if (stream == stdout)
        return TOOL_OK; /* main looks after it */
    is_bad = ferror(stream) != 0;
    if (fclose(stream) != 0 || is_bad)
        return tool_fail("cannot write %s: %s", suppress->output,
                         strerror(errno));
    tool_say("%zu suppression%s in %s; use %s by the option suppress=%s",
             suppress->count, suppress->count == 1 ? "" : "s", suppress->output,
             suppress->count == 1 ? "it" : "them", suppress->output);
    return TOOL_OK;
}

static void
read_options(struct suppress *suppress, struct tool_args *args)
{
    int option;

    while ((option = tool_next(args)) != 0) {
        char *token;

        switch (option) {
        case 's':
            token = tool_text("suppress-generate=%s", args->value);
            if ((strcmp(args->value, "valgrind") != 0 &&
                 strcmp(args->value, "lsan") != 0) ||
                conf_apply(token) != 0)
                tool_usage(args, "--syntax=%s: wanted is valgrind or lsan",
                           args->value);
            free(token);
            break;
        case 'o':
            suppress->output = args->value;
            break;
        case OPTION_ALL:
            suppress->is_all = true;
            break;
        case OPTION_FILTER:
            suppress->filter = args->value;
            break;
        default:
            break;
        }
    }
    if (args->argc != 1)
        tool_usage(args, args->argc == 0 ? "which file?" : "one file, please");
}

static int
run_suppress(struct tool_args *args)
{
    struct suppress suppress = {0};
    struct snapfile file;
    const char *path;
    int status;

    conf_init(NULL);
    if (conf_apply("suppress-generate=valgrind") != 0)
        return tool_fail("suppressions cannot be made here");
    read_options(&suppress, args);
    path = args->argv[0];
    status = snapfile_open(path, &file);
    if (status != 0)
        return tool_fail("cannot read %s: %s", path, strerror(-status));
    if (codec_is_snapshot(snapfile_bytes(&file), file.size))
        status = read_snapshot(&suppress, path, &file);
    else
        status = read_report(&suppress, path, &file);
    snapfile_close(&file);
    if (status == 0 && suppress.count == 0)
        tool_say("%s lists nothing that could be suppressed", path);
    if (status == 0)
        status = write_rules(&suppress, path);
    for (size_t i = 0; i < suppress.count; i++)
        free(suppress.rules[i]);
    free(suppress.rules);
    return status;
}

static const struct tool_option options[] = {
    {'s', "syntax", "SYNTAX", TOOL_WORD_CHOICE, "valgrind|lsan",
     "how they are written: valgrind's, the whole stack (if it is not given), "
     "or LSan's, one function"},
    {'o', "output", "FILE", TOOL_WORD_FILE, NULL,
     "write them there, and not to standard output"},
    {OPTION_FILTER, "filter", "REGEX", TOOL_WORD_ANY, NULL,
     "only leaks of whose stack a frame (function, file and line) matches"},
    {OPTION_ALL, "all", NULL, TOOL_WORD_ANY, NULL,
     "for what is still reachable too"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc suppress -o known.supp app.snap",
     "what is known today is not to be listed tomorrow"},
    {"DBGMALLOC_OPTS=suppress=known.supp LD_PRELOAD=libdbgmalloc.so ./app",
     "only what is new is listed"},
    {"dbgmalloc suppress --filter libold app.snap >>known.supp",
     "of one library, added to those there are"},
    {0},
};

const struct tool_command tool_command_suppress = {
    .name = "suppress",
    .operands = "FILE",
    .word = TOOL_WORD_FILE,
    .summary = "write suppressions for what a report lists",
    .about =
        "Reads a snapshot (the option dump=FILE of the library writes one; - "
        "is standard input) and writes a suppression for each leak and each "
        "finding in it, in the syntax that valgrind reads too, or LSan. The "
        "option suppress=FILE of the library reads both: what matches is "
        "counted and not listed.\n"
        "A report as text or JSON will do if it was written with the option "
        "suppress-generate: the suppressions in it are collected, each once.\n",
    .options = options,
    .examples = examples,
    .run = run_suppress,
};
