/*
 * tool/watch.c - `dbgmalloc watch`: does a process's memory grow?
 *
 * The first step of a hunt for a leak, without touching the process: all is
 * read from /proc. The loop sleeps in sigtimedwait, so that an interrupt ends
 * it with a verdict.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tool/gauge.h"
#include "tool/plot.h"
#include "tool/screen.h"
#include "tool/tool.h"
#include "tool/view.h"

/* Where nobody looks on and no duration is given: a verdict is believed after
 * so many samples, and waited for so long, seconds. */
#define SETTLED_SAMPLES 60
#define PATIENCE 600

enum { OPTION_ALL = 256, OPTION_JSON, OPTION_CSV, OPTION_PLOT };

struct watch {
    struct view view;
    bool is_all;
    bool is_json;
    bool is_csv;
    const char *plot;
    double duration; /* seconds; 0: until it is known, or interrupted */
    bool is_live;    /* a table on a terminal */
    bool is_stopped;
};

static double
monotonic(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double
cpu_time(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* --- what is watched --- */

static int
add(struct watch *watch, pid_t pid)
{
    struct view *view = &watch->view;
    struct gauge *gauge = tool_alloc(sizeof(*gauge));
    int rc = gauge_open(gauge, pid, monotonic());

    if (rc != 0) {
        free(gauge);
        return rc;
    }
    view->gauges =
        tool_grow(view->gauges, (view->count + 1) * sizeof(view->gauges[0]));
    view->gauges[view->count++] = gauge;
    return 0;
}

static void
add_all(struct watch *watch)
{
    size_t count = 0;
    pid_t *pids = procfs_list(&count);

    for (size_t i = 0; i < count; i++) {
        struct procfs_process process;

        /* Those that are gone by now are no loss. */
        if (pids[i] != getpid() && procfs_process(pids[i], &process) == 0 &&
            !process.is_kernel && process.state != 'Z')
            (void)add(watch, pids[i]);
    }
    free(pids);
}

/* Returns TOOL_OK, or TOOL_FAILED where nothing is called so. */
static int
add_named(struct watch *watch, const char *word)
{
    size_t count = 0;
    pid_t *pids = procfs_find(word, &count);
    int rc = count > 0 ? 0 : -ESRCH;
    size_t added = 0;

    for (size_t i = 0; i < count; i++) {
        int one = add(watch, pids[i]);

        if (one != 0)
            rc = one;
        else
            added++;
    }
    free(pids);
    if (added > 0)
        return TOOL_OK;
    if (word[strspn(word, "0123456789")] == '\0')
        return rc == -ENOENT || rc == -ESRCH
                   ? tool_fail("there is no process %s", word)
                   : tool_fail("process %s cannot be watched: %s", word,
                               strerror(-rc));
    return tool_fail("no process is called \"%s\": give its process id, or "
                     "what \"dbgmalloc top\" calls it",
                     word);
}

/* --- the loop --- */

static void
sample(struct watch *watch, bool is_last)
{
    struct view *view = &watch->view;

    view->now = monotonic();
    for (size_t i = 0; i < view->count; i++)
        gauge_sample(view->gauges[i], view->now, is_last);
}

/* Is the sample that is due at `next` the last one that was asked for? Half an
 * interval too early is not worth another. */
static bool
is_last_asked(const struct watch *watch, double next)
{
    const struct view *view = &watch->view;

    return watch->duration > 0 &&
           next - view->start + view->interval / 2 >= watch->duration;
}

static bool
is_over(const struct watch *watch, double next)
{
    const struct view *view = &watch->view;
    double elapsed = view->now - view->start;
    bool is_known = true;
    bool is_alive = false;

    for (size_t i = 0; i < view->count; i++) {
        is_alive |= !view->gauges[i]->has_ended;
        if (view->gauges[i]->own.verdict == TREND_UNKNOWN ||
            view->gauges[i]->samples < SETTLED_SAMPLES)
            is_known &= view->gauges[i]->has_ended;
    }
    if (watch->is_stopped || !is_alive)
        return true;
    if (watch->duration > 0)
        return is_last_asked(watch, next);
    return !watch->is_live && !watch->is_csv &&
           (is_known || elapsed >= PATIENCE);
}

/* Sleep until `until`; an interrupt ends the watch. */
static void
sleep_until(struct watch *watch, double until, const sigset_t *set)
{
    double left;

    while ((left = until - monotonic()) > 0) {
        struct timespec time = {.tv_sec = (time_t)left};
        int taken;

        time.tv_nsec = (long)((left - floor(left)) * 1e9);
        taken = sigtimedwait(set, NULL, &time);
        if (taken == SIGINT || taken == SIGTERM || taken == SIGHUP) {
            watch->is_stopped = true;
            return;
        }
        if (taken == SIGWINCH)
            return;
    }
}

static void
show(struct watch *watch)
{
    if (watch->is_csv)
        view_csv(stdout, &watch->view);
    else if (watch->is_live)
        view_table(stdout, &watch->view, screen_columns(stdout),
                   screen_rows(stdout));
}

static void
loop(struct watch *watch)
{
    struct view *view = &watch->view;
    double cpu = cpu_time();
    double next;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGWINCH);
    sigprocmask(SIG_BLOCK, &set, NULL);
    if (watch->is_live)
        fputs("\033[?1049h\033[?25l", stdout);
    next = view->start;
    do {
        next += view->interval;
        /* Stopped for a while, or too slow: do not run after the clock. */
        if (next < monotonic() - view->interval)
            next = monotonic();
        sleep_until(watch,
                    is_last_asked(watch, next)
                        ? next
                        : trend_moment(next, view->interval),
                    &set);
        sample(watch, false);
        for (size_t i = 0; i < view->count; i++)
            gauge_judge(view->gauges[i]);
        show(watch);
    } while (!is_over(watch, next));
    sample(watch, true);
    for (size_t i = 0; i < view->count; i++)
        gauge_judge(view->gauges[i]);
    view->cpu = cpu_time() - cpu;
    if (watch->is_live) {
        fputs("\033[?25h\033[?1049l", stdout);
        fflush(stdout);
    }
}

/* --- the end --- */

/* The pictures; before the watch begins, empty ones, so that it is not in vain
 * where they cannot be written. */
static int
write_plot(const struct watch *watch, bool is_trial)
{
    const struct view *view = &watch->view;

    for (size_t i = 0; i < view->count; i++) {
        /* Of many, each has its process id in its name. */
        char *path = view->count == 1 ? tool_text("%s", watch->plot)
                                      : tool_text("%s.%d.svg", watch->plot,
                                                  (int)view->gauges[i]->pid);
        FILE *file = fopen(path, is_trial ? "ae" : "we");
        bool is_bad = file == NULL;

        if (file != NULL) {
            if (!is_trial)
                plot_write(file, view->gauges[i]);
            is_bad = ferror(file) != 0;
            is_bad |= fclose(file) != 0;
        }
        if (is_bad) {
            int status =
                tool_fail("cannot write %s: %s", path, strerror(errno));

            free(path);
            return status;
        }
        free(path);
    }
    return TOOL_OK;
}

static int
sum_up(const struct watch *watch)
{
    const struct view *view = &watch->view;
    FILE *out = watch->is_csv ? stderr : stdout;
    int status = TOOL_OK;
    size_t quiet = 0;

    if (watch->is_json)
        view_json(stdout, view);
    for (size_t i = 0; i < view->count; i++) {
        enum trend_verdict verdict = view->gauges[i]->own.verdict;

        if (verdict == TREND_GROWING)
            status = TOOL_BAD;
        else if (verdict == TREND_UNKNOWN && status == TOOL_OK)
            status = TOOL_UNKNOWN;
        if (watch->is_json)
            continue;
        if (watch->is_all && verdict != TREND_GROWING)
            quiet++;
        else
            view_verdict(out, view, view->gauges[i]);
    }
    if (quiet > 0)
        fprintf(out, "%zu other process%s: not growing, or not known yet\n",
                quiet, quiet == 1 ? "" : "es");
    return status;
}

static void
read_options(struct watch *watch, struct tool_args *args)
{
    int option;

    while ((option = tool_next(args)) != 0) {
        switch (option) {
        case OPTION_ALL:
            watch->is_all = true;
            break;
        case OPTION_JSON:
            watch->is_json = true;
            break;
        case OPTION_CSV:
            watch->is_csv = true;
            break;
        case OPTION_PLOT:
            watch->plot = args->value;
            break;
        case 'd':
            watch->duration = tool_time(args, "duration");
            break;
        case 'i':
            watch->view.interval = tool_time(args, "interval");
            break;
        }
    }
    if (watch->is_all == (args->argc > 0))
        tool_usage(args, watch->is_all ? "--all, or some of them: not both"
                                       : "which process? Give its id or name, "
                                         "or --all");
    if (watch->is_json && watch->is_csv)
        tool_usage(args, "--json or --csv: one of them");
    if (watch->view.interval <= 0)
        watch->view.interval = watch->is_all ? 5 : 1;
    if (watch->view.interval < 0.01)
        tool_usage(args, "--interval: 10ms is the shortest");
}

static int
run_watch(struct tool_args *args)
{
    struct watch watch = {0};
    int status = TOOL_OK;

    read_options(&watch, args);
    watch.view.start = monotonic();
    if (watch.is_all)
        add_all(&watch);
    for (int i = 0; i < args->argc && status == TOOL_OK; i++)
        status = add_named(&watch, args->argv[i]);
    if (status != TOOL_OK)
        return status;
    if (watch.view.count == 0)
        return tool_fail("there is no process that can be watched");
    if (watch.plot != NULL && write_plot(&watch, true) != TOOL_OK)
        return TOOL_FAILED;
    watch.is_live =
        !watch.is_json && !watch.is_csv && screen_is_terminal(stdout);
    if (watch.is_csv)
        view_csv_head(stdout);
    loop(&watch);
    status = sum_up(&watch);
    if (watch.plot != NULL && write_plot(&watch, false) != TOOL_OK)
        status = TOOL_FAILED;
    for (size_t i = 0; i < watch.view.count; i++) {
        gauge_close(watch.view.gauges[i]);
        free(watch.view.gauges[i]);
    }
    free(watch.view.gauges);
    return status;
}

static const struct tool_option options[] = {
    {OPTION_ALL, "all", NULL, TOOL_WORD_ANY, NULL,
     "every process there is, and say which grow"},
    {'d', "duration", "TIME", TOOL_WORD_ANY, NULL,
     "watch so long, then give the verdict (90s, 10m, 2h). Without it: on a "
     "terminal until ctrl-C, else until the verdict is known, ten minutes at "
     "most"},
    {'i', "interval", "TIME", TOOL_WORD_ANY, NULL,
     "the time between samples; 1s, and 5s for --all"},
    {OPTION_JSON, "json", NULL, TOOL_WORD_ANY, NULL,
     "the verdict and all figures as JSON, at the end"},
    {OPTION_CSV, "csv", NULL, TOOL_WORD_ANY, NULL,
     "each sample as a line of CSV; the verdict goes to standard error"},
    {OPTION_PLOT, "plot", "FILE", TOOL_WORD_FILE, NULL,
     "draw memory over time, as SVG"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc watch redis-server",
     "a live table; ctrl-C ends it with a verdict"},
    {"dbgmalloc watch --duration 10m --plot mem.svg 4711",
     "ten minutes of process 4711, with a picture"},
    {"dbgmalloc watch --duration 1h --json $(pidof app) || alert",
     "in a script: the exit status is the verdict"},
    {"sudo dbgmalloc watch --all", "which of all processes grow"},
    {0},
};

static const struct tool_exit exits[] = {
    {TOOL_OK, "not growing"},
    {TOOL_BAD, "growing (one of them, if there are many)"},
    {TOOL_USAGE, "the command line is wrong"},
    {TOOL_UNKNOWN, "not known yet: watch longer"},
    {TOOL_FAILED, "no such process, or nothing can be read of it"},
    {0},
};

const struct tool_command tool_command_watch = {
    .name = "watch",
    .operands = "PID|NAME...",
    .word = TOOL_WORD_PROCESS,
    .summary = "does a process's memory grow? Where, how fast?",
    .about =
        "Watches running processes without touching them, and says whether "
        "their memory grows, how fast, and in which mappings: heap, anonymous "
        "memory, stacks, files, shared memory. A saw-tooth, a warm-up, a "
        "plateau or a single step is not taken for growth; where nothing can "
        "be said yet, it says how long to wait.\n"
        "What counts as the program's own is anonymous memory (swapped out or "
        "not) and shared memory. Growth is the median slope of the recent "
        "part, with the interval that holds it at 95 %.\n",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_watch,
};
