/*
 * tool/attach.c - `dbgmalloc attach`: find the leak in a process that runs.
 *
 * STEP 1, before anything is touched: who is it, may we, can it be done.
 * STEP 2: a thread of it loads the library and begins (tool/injector.h).
 * STEP 3: the page that both sides share says how things stand; reports are
 * read from another memory file, both opened through /proc.
 * STEP 4: on Ctrl-C, at the end of the duration, or when the terminal closes,
 * the page asks the library to give everything back. If this command is killed
 * it does so by itself, once the page's beat stands still.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/control.h"
#include "os/clock.h"
#include "tool/channel.h"
#include "tool/family.h"
#include "tool/injector.h"
#include "tool/redraw.h"
#include "tool/procfs.h"
#include "tool/screen.h"
#include "tool/tool.h"
#include "tool/tracee.h"

#define ANSWER_NS UINT64_C(60000000000)
#define REPORT_NS UINT64_C(600000000000)

/* On a terminal the first table is there after so many seconds. */
#define FIRST_TABLE 2.0

/* Lines of a live picture that are not the table's. */
#define LIVE_NOTES 6u

enum { OPTION_DURATION = 256, OPTION_FORMAT, OPTION_RECOVER, OPTION_FORKS };

struct attach {
    int pid;
    struct tracee tracee;
    const char *opts;         /* -o, or NULL */
    const char *format;       /* or NULL */
    double interval;          /* s */
    double age;               /* s; 0: any */
    unsigned long long least; /* bytes */
    unsigned long long most;  /* 0: any */
    unsigned long long top;
    double duration; /* s; 0: until told to stop */
    bool is_family;  /* all that it forked too */
    uint64_t begun;  /* when the command was started, clock_now */
    bool is_quiet;
    bool is_live; /* a table on a terminal; the whole report at the end */
    bool is_told; /* the reason of a failure was said */

    struct channel channel;
};

/* Set by a signal handler: how urgent it is. */
static volatile sig_atomic_t was_told_to_end;

/* The first SIGINT or SIGTERM waits for a last report, the next one does not.
 * Of a terminal or a pipe that was closed nobody reads any more. */
static void
end_soon(int number)
{
    if (number == SIGHUP || number == SIGPIPE)
        was_told_to_end = 2;
    else if (was_told_to_end < 2)
        was_told_to_end++;
}

/* ---- attaching ---- */

/* The options that the library is given. To be freed. */
static char *
options_text(const struct attach *attach)
{
    char *sizes = attach->most != 0 || attach->least != 0
                      ? tool_text(",leak-size=%llu-%llu", attach->least,
                                  attach->most != 0 ? attach->most : INT64_MAX)
                      : tool_text("%s", "");
    char *text = tool_text(
        "record,log-leaks=on,log-stats=off,leak-age=%llums,top=%llu%s%s%s%s%s",
        (unsigned long long)(attach->age * 1000), attach->top, sizes,
        attach->format != NULL ? ",format=" : "",
        attach->format != NULL ? attach->format : "",
        attach->opts != NULL ? "," : "",
        attach->opts != NULL ? attach->opts : "");

    free(sizes);
    return text;
}

static const char *
refusal_words(int error)
{
    switch (-error) {
    case EEXIST:
        return "it runs under dbgmalloc already, from its start: ask it for a "
               "report by report-signal, or see its log";
    case ENOTSUP:
        return "none of its modules calls malloc through an import slot (a "
               "static program, or an allocator inside the program). Link it "
               "with -ldbgmalloc, or look at it with `dbgmalloc watch`";
    case EAGAIN:
        return "its loader was at work all the time; try again";
    default:
        return strerror(-error);
    }
}

/* STEP 2. Returns the page's descriptor or -errno. */
static int
attach_now(struct attach *attach)
{
    char *options = options_text(attach);
    uint64_t stopped_ns = 0;
    int fd = injector_run(attach->pid, attach->tracee.name, options,
                          &attach->is_told, &stopped_ns);

    free(options);
    if (!attach->is_quiet && fd >= 0)
        tool_say("attached to %s (%d); a thread of it was away for %.1f ms",
                 attach->tracee.name, attach->pid, (double)stopped_ns / 1e6);
    return fd;
}

/* An attachment is there: is its command alive? If not, end what it left. */
static int
take_over(struct attach *attach)
{
    struct channel channel;
    int fd = channel_find(attach->pid);
    uint32_t before;
    int error = fd < 0 ? fd : channel_open(&channel, attach->pid, fd);

    if (error != 0)
        return error;
    before = atomic_load(&channel.control->beat);
    for (int i = 0; i < 30 && error == 0; i++) {
        channel_pause();
        if (atomic_load(&channel.control->beat) != before)
            error = -EBUSY;
    }
    if (error == 0)
        error = channel_ask(&channel, CONTROL_DETACH, ANSWER_NS, NULL);
    channel_close(&channel);
    return error;
}

/* Is there nobody to be attached to any more? Then say why. */
static bool
is_gone(const struct attach *attach, int error)
{
    if (error == -ESRCH)
        tool_say("%s (%d) has ended", attach->tracee.name, attach->pid);
    else if (error == -ENXIO)
        tool_say("%s (%d) runs another program by now", attach->tracee.name,
                 attach->pid);
    return error == -ESRCH || error == -ENXIO;
}

static int
begin(struct attach *attach)
{
    int fd = attach_now(attach);
    int error;

    if (fd == -EBUSY) {
        error = take_over(attach);
        if (error == -EBUSY) {
            tool_say("another dbgmalloc is attached to %s (%d)",
                     attach->tracee.name, attach->pid);
            return error;
        }
        /* It may have ended by itself meanwhile. */
        if (error == 0 || error == -ENOENT)
            fd = attach_now(attach);
    }
    if (fd < 0) {
        if (!attach->is_told)
            tool_say("%s (%d): %s", attach->tracee.name, attach->pid,
                     refusal_words(fd));
        return fd;
    }
    error = channel_open(&attach->channel, attach->pid, fd);
    if (error != 0 && !is_gone(attach, error))
        tool_say("%s (%d): its page cannot be opened: %s. It ends the "
                 "attachment by itself in half a minute",
                 attach->tracee.name, attach->pid, strerror(-error));
    return error;
}

/* ---- reports ---- */

/* A line of what is known beside the report. `text` is freed. */
static void
tell_line(void (*put)(FILE *out, const char *line), FILE *out, char *text)
{
    put(out, text);
    free(text);
}

/* What is known beside the report, each line by `put`. */
static void
tell(const struct attach *attach, double elapsed,
     void (*put)(FILE *out, const char *line), FILE *out)
{
    const struct control *control = attach->channel.control;
    unsigned long long replaced = atomic_load(&control->replaced);
    unsigned long long missed = atomic_load(&control->missed);
    char bytes[24], own[24];

    tell_line(
        put, out,
        tool_text("%s (%d), %.0f s: %s in %llu blocks made since and not "
                  "freed; %llu calls seen; %llu frees of older blocks",
                  attach->tracee.name, attach->pid, elapsed,
                  screen_bytes(bytes, sizeof(bytes),
                               (double)atomic_load(&control->live_bytes)),
                  (unsigned long long)atomic_load(&control->live_blocks),
                  (unsigned long long)atomic_load(&control->calls),
                  (unsigned long long)atomic_load(&control->unknown_freed)));
    tell_line(
        put, out,
        tool_text(
            "resident at the start %s, of which nothing is known; the "
            "library uses %s",
            screen_bytes(bytes, sizeof(bytes),
                         (double)atomic_load(&control->resident_at_start)),
            screen_bytes(own, sizeof(own),
                         (double)atomic_load(&control->own_bytes))));
    if (replaced != 0)
        tell_line(put, out,
                  tool_text("%llu blocks were freed by a road that was not "
                            "seen",
                            replaced));
    if (missed != 0)
        tell_line(put, out,
                  tool_text("%llu blocks could not be recorded", missed));
}

static void
put_said(FILE *out, const char *line)
{
    fprintf(out, "dbgmalloc: %s\n", line);
}

static void
show_table(struct attach *attach, double elapsed)
{
    unsigned rows = screen_rows(stdout);
    char *table = channel_take(&attach->channel);

    redraw_begin(stdout);
    redraw_table(stdout, table, rows > LIVE_NOTES ? rows - LIVE_NOTES : 1);
    redraw_note(stdout, "");
    if (!attach->is_quiet)
        tell(attach, elapsed, redraw_note, stdout);
    redraw_note(stdout, "ctrl-C detaches, with the stacks of what is listed");
    redraw_end(stdout);
    free(table);
}

static bool
is_wanted(void)
{
    return was_told_to_end < 2;
}

static int
report(struct attach *attach, double elapsed, bool is_last)
{
    bool is_table = attach->is_live && !is_last;
    int error =
        channel_ask(&attach->channel, is_table ? CONTROL_TABLE : CONTROL_REPORT,
                    REPORT_NS, is_wanted);

    if (error != 0)
        return error;
    if (is_table) {
        show_table(attach, elapsed);
        return 0;
    }
    family_begin_turn();
    if (!attach->is_quiet)
        tell(attach, elapsed, put_said, stderr);
    channel_show(&attach->channel, stdout);
    family_end_turn();
    return 0;
}

static double
seconds_since(uint64_t start_ns)
{
    return (double)(clock_now() - start_ns) / 1e9;
}

/* When the next one is due. Making it costs the process's machine something: it
 * is never at that for more than a third of the time. */
static double
next_report(const struct attach *attach, double began, double ended)
{
    double due = began + attach->interval;
    double kind = ended + 2 * (ended - began);

    return due > kind ? due : kind;
}

/* STEP 3. Returns 0 at the end, -ESRCH if the process ended. The last report is
 * the one that was made when it was told to end, or one more. */
static int
follow(struct attach *attach)
{
    uint64_t start = clock_now();
    double next = attach->is_live ? fmin(attach->interval, FIRST_TABLE)
                                  : attach->interval;
    bool is_last = false;
    int error = 0;

    while (error == 0 && !is_last) {
        double elapsed = seconds_since(start);
        bool is_over = attach->duration != 0 && elapsed >= attach->duration;

        channel_beat(&attach->channel);
        if (!channel_is_alive(&attach->channel))
            return -ESRCH;
        if (elapsed >= next || is_over || was_told_to_end) {
            is_last = is_over || was_told_to_end;
            error = report(attach, elapsed, is_last);
            next = next_report(attach, elapsed, seconds_since(start));
        }
        if (!is_last)
            channel_pause();
    }
    return error == -EINTR ? 0 : error;
}

/* STEP 4. */
static int
end_it(struct attach *attach, int error)
{
    int last;

    if (is_gone(attach, error))
        return TOOL_OK;
    if (error == -ECONNRESET)
        return tool_fail("%s (%d) goes on, detached: this command stood still "
                         "for half a minute, and was taken for dead",
                         attach->tracee.name, attach->pid);
    if (error != 0)
        tool_say("%s (%d) does not answer: %s", attach->tracee.name,
                 attach->pid, strerror(-error));
    last = channel_ask(&attach->channel, CONTROL_DETACH, ANSWER_NS, NULL);
    if (is_gone(attach, last))
        return error == 0 ? TOOL_OK : TOOL_FAILED;
    if (last != 0) {
        tool_say("it was asked to end the attachment, and will when it can");
        return TOOL_FAILED;
    }
    if (!attach->is_quiet)
        tool_say("detached; %s (%d) goes on", attach->tracee.name, attach->pid);
    return error == 0 ? TOOL_OK : TOOL_FAILED;
}

static int
recover(struct attach *attach)
{
    int error = take_over(attach);

    if (error == -ENOENT) {
        tool_say("nothing is attached to %s (%d)", attach->tracee.name,
                 attach->pid);
        return TOOL_OK;
    }
    if (error != 0)
        return tool_fail("%s (%d): %s", attach->tracee.name, attach->pid,
                         error == -EBUSY ? "the command that is attached to it "
                                           "is alive"
                                         : strerror(-error));
    tool_say("%s (%d) is as it was", attach->tracee.name, attach->pid);
    return TOOL_OK;
}

static void
catch_signals(void)
{
    const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
    struct sigaction action = {.sa_handler = end_soon};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        (void)sigaction(ends[i], &action, NULL); /* known signals */
}

/* ---- the command line ---- */

static const struct tool_option options[] = {
    {'i', "interval", "TIME", TOOL_WORD_ANY, NULL,
     "a report every TIME (10 s)"},
    {'t', "age", "TIME", TOOL_WORD_ANY, NULL,
     "only blocks that are older than TIME"},
    {'z', "min-size", "SIZE", TOOL_WORD_ANY, NULL,
     "only blocks of SIZE bytes or more"},
    {'Z', "max-size", "SIZE", TOOL_WORD_ANY, NULL,
     "only blocks of SIZE bytes or less"},
    {'n', "top", "N", TOOL_WORD_ANY, NULL, "N stacks in each report (10)"},
    {'o', "options", "OPTS", TOOL_WORD_OPTS, NULL,
     "options of the library, as in DBGMALLOC_OPTS"},
    {OPTION_DURATION, "duration", "TIME", TOOL_WORD_ANY, NULL,
     "detach after TIME"},
    {OPTION_FORMAT, "format", "FORMAT", TOOL_WORD_FORMAT, NULL,
     "the form of the reports"},
    {OPTION_FORKS, "all-forks", NULL, TOOL_WORD_ANY, NULL,
     "attach to all that it has forked too, and to what is forked later; each "
     "has reports of its own, in place of the table"},
    {OPTION_RECOVER, "recover", NULL, TOOL_WORD_ANY, NULL,
     "end what a command that was killed has left in the process"},
    {'q', "quiet", NULL, TOOL_WORD_ANY, NULL, "reports, and nothing else"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc attach 1234",
     "a report every 10 s of what was allocated and not freed, until Ctrl-C"},
    {"dbgmalloc attach -i 30 -t 60 redis-server",
     "every 30 s, what is older than a minute"},
    {"dbgmalloc attach --duration=60 --format=json 1234 >leak.json",
     "one minute, for a program to read"},
    {"dbgmalloc attach --all-forks nginx",
     "a server and its workers, each with its own reports"},
    {"dbgmalloc attach --recover 1234", "after a kill -9 of this command"},
    {0},
};

static bool
read_arguments(struct tool_args *args, struct attach *attach)
{
    bool is_recovery = false;
    int id;

    while ((id = tool_next(args)) != 0) {
        switch (id) {
        case 'i':
            attach->interval = tool_time(args, "interval");
            break;
        case 't':
            attach->age = tool_time(args, "age");
            break;
        case 'z':
            attach->least = tool_size(args, "min-size");
            break;
        case 'Z':
            attach->most = tool_size(args, "max-size");
            break;
        case 'n':
            attach->top = tool_count(args, "top", 0);
            break;
        case 'o':
            attach->opts = args->value;
            break;
        case OPTION_DURATION:
            attach->duration = tool_time(args, "duration");
            break;
        case OPTION_FORMAT:
            attach->format = args->value;
            break;
        case OPTION_FORKS:
            attach->is_family = true;
            break;
        case OPTION_RECOVER:
            is_recovery = true;
            break;
        default:
            attach->is_quiet = true;
            break;
        }
    }
    if (args->argc != 1)
        tool_usage(args, "one process is wanted: its id or its name");
    if (attach->interval < 0.1)
        tool_usage(args, "the interval must be 100ms or more");
    if (attach->most != 0 && attach->most < attach->least)
        tool_usage(args, "the largest size is under the smallest");
    return is_recovery;
}

/* The one process that the word means, or of a family the first; 0 if that is
 * not one, which is said. */
static int
find_process(const char *word, bool is_family)
{
    size_t count;
    pid_t *found = procfs_find(word, &count);
    int pid = found != NULL && count == 1 ? found[0] : 0;

    if (is_family && found != NULL && count > 1)
        pid = family_root(found, count);

    if (found == NULL || count == 0)
        tool_say("there is no process %s", word);
    else if (pid == 0)
        tool_say("%zu processes are called %s (%d, %d, ...): say which by its "
                 "id",
                 count, word, found[0], found[1]);
    free(found);
    return pid;
}

/* Attach, report, detach. */
static int
serve(struct attach *attach)
{
    char why[TRACEE_WHY_MAX];
    int error = tracee_read(attach->pid, &attach->tracee);

    if (error != 0)
        return tool_fail("process %d: %s", attach->pid, strerror(-error));
    error = tracee_check(&attach->tracee, why, sizeof(why));
    if (error != 0)
        return tool_fail("cannot attach to %s (%d): %s", attach->tracee.name,
                         attach->pid, why);
    if (begin(attach) != 0)
        return TOOL_FAILED;
    return end_it(attach, follow(attach));
}

/* One of a family. The duration is that of the command. */
static int
serve_one(pid_t pid, void *context)
{
    struct attach attach = *(const struct attach *)context;

    attach.pid = pid;
    if (attach.duration != 0)
        attach.duration =
            fmax(attach.duration - seconds_since(attach.begun), 0.1);
    return serve(&attach);
}

static int
urgency(void)
{
    return was_told_to_end;
}

static int
run(struct tool_args *args)
{
    struct attach attach = {.interval = 10, .top = 10, .begun = clock_now()};
    bool is_recovery = read_arguments(args, &attach);
    int error;

    attach.pid = find_process(args->argv[0], attach.is_family);
    if (attach.pid == 0)
        return TOOL_FAILED;
    if (is_recovery) {
        error = tracee_read(attach.pid, &attach.tracee);
        return error == 0
                   ? recover(&attach)
                   : tool_fail("process %d: %s", attach.pid, strerror(-error));
    }
    catch_signals();
    if (attach.is_family)
        return family_serve(attach.pid, serve_one, &attach, urgency);
    attach.is_live = attach.format == NULL && screen_is_terminal(stdout);
    return serve(&attach);
}

const struct tool_command tool_command_attach = {
    .name = "attach",
    .operands = "PID|NAME",
    .word = TOOL_WORD_PROCESS,
    .summary = "find the leak in a process that runs already",
    .about =
        "The library is put into the process, and from then on records each "
        "block that is made or freed, with its whole stack. Every interval "
        "there is a report of what was made since and not freed, oldest and "
        "fastest growing first; on a terminal it is a table with a verdict on "
        "each stack, and the whole report follows at the end. The process is "
        "not restarted, and its threads "
        "are not held, but for one and some milliseconds.\n"
        "At the end everything is put back: the calls go where they went "
        "before, and what is left is the library's code, unused. The same "
        "happens by itself if this command is killed.\n"
        "What was allocated before is not known; a report says how much of "
        "the process's memory that is.\n"
        "The right to trace the process is needed: the same user, or root. "
        "Static programs cannot be attached to.\n",
    .options = options,
    .examples = examples,
    .run = run,
};
