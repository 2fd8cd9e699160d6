/*
 * tool/bisect.c - `dbgmalloc bisect`: between which two operations was the heap
 * damaged?
 *
 * A check of the whole heap after every operation would tell, and takes for
 * ever. So the program is run again and again, with checks at PARTS places of
 * the range that is left (the options start and interval): each run makes the
 * range that much smaller, and costs that many checks. It needs a program that
 * does the same each time; one that does not is noticed, for what a run says
 * must lie in the range that the runs before it left.
 */
#include "tool/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "tool/target.h"

#define PARTS 16
/* Operations between checks of the first run. */
#define FIRST_INTERVAL 65536
/* Runs in a row that do not agree with those before. */
#define DISAGREE_MAX 3
/* What the library makes of a finding, so that the program's own failures are
 * told from it. */
#define FOUND_STATUS 98

enum { OPTION_LIB = 256, OPTION_TIMEOUT };

struct bisect {
    char *const *argv;
    const char *opts;
    char *library;
    struct target target;
    bool is_verbose;    /* the program's output is shown */
    double timeout;     /* seconds for each run; 0: none */
    char directory[32]; /* of our own, for the logs */
    char *log;
    sigset_t mask; /* as it was before */
    unsigned runs;
    uint64_t whole; /* the heap was, after this operation; 0: at the start */
    uint64_t bad;   /* damage was noticed in, or after, this one */
};

/* What a run said first. */
struct probe {
    char *text;         /* the log */
    char *finding;      /* in `text`, or NULL */
    char kind[64];      /* "overrun" */
    uint64_t operation; /* 0: the log does not say */
    int status;         /* of waitpid */
    bool is_late;       /* it took too long */
};

/* --- a run --- */

/* Each run gets the same input, if it can be had twice. */
static void
take_input(const char *path)
{
    struct stat status;
    int fd = -1;

    if (fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode))
        fd = open("/proc/self/fd/0", O_RDONLY);
    if (fd < 0)
        fd = open(path, O_RDONLY);
    if (fd > 0) {
        dup2(fd, STDIN_FILENO);
        close(fd);
    }
}

static void NORETURN
become(const struct bisect *bisect, const char *ours)
{
    const char *before = getenv("DBGMALLOC_OPTS");
    char *opts = tool_text(
        "%s%scheck-heap,check-blank,free-blank,quarantine=16m,"
        "no-log-leaks,no-log-stats,no-print%s%s,%s,log=%s,format=text,"
        "on-error=exit,exit-code=%d,log-child=off,only=%s",
        before != NULL ? before : "", before != NULL ? "," : "",
        bisect->opts != NULL ? "," : "",
        bisect->opts != NULL ? bisect->opts : "", ours, bisect->log,
        FOUND_STATUS, target_only(&bisect->target));
    char *preload = target_preload(bisect->library);

    if (setenv("DBGMALLOC_OPTS", opts, 1) != 0 ||
        setenv("LD_PRELOAD", preload, 1) != 0)
        _exit(127);
    take_input("/dev/null");
    if (!bisect->is_verbose) {
        int fd = open("/dev/null", O_WRONLY);

        if (fd >= 0) {
            dup2(fd, STDOUT_FILENO);
            dup2(fd, STDERR_FILENO);
        }
    }
    sigprocmask(SIG_SETMASK, &bisect->mask, NULL);
    execv(bisect->target.path, bisect->argv);
    _exit(127);
}

static void
remove_log(const struct bisect *bisect)
{
    unlink(bisect->log);
    rmdir(bisect->directory);
}

/* Wait for its end; kill it where it takes too long, or we are to end. */
static int
wait_for(const struct bisect *bisect, pid_t child, bool *out_is_late)
{
    const struct timespec tick = {.tv_nsec = 100000000};
    uint64_t start = clock_now();
    sigset_t set;
    int status = 0;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    *out_is_late = false;
    while (waitpid(child, &status, WNOHANG) == 0) {
        int taken = sigtimedwait(&set, NULL, &tick);

        if (taken == SIGINT || taken == SIGTERM) {
            kill(child, SIGKILL);
            tool_say("stopped; so far: between operation %" PRIu64
                     " and operation %" PRIu64,
                     bisect->whole, bisect->bad);
            remove_log(bisect);
            exit(TOOL_UNKNOWN);
        }
        if (bisect->timeout > 0 &&
            (double)(clock_now() - start) > bisect->timeout * 1e9) {
            kill(child, SIGKILL);
            *out_is_late = true;
        }
    }
    return status;
}

/* What it has; a run that wrote none has no finding. */
static char *
read_log(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text;

    if (file == NULL)
        return tool_text("%s", "");
    if (tool_read(file, &text, NULL) != 0)
        tool_say("cannot read all of %s", path);
    (void)fclose(file); /* only read */
    return text;
}

/* The first finding of the log: "dbgmalloc: finding 1: TITLE (KIND)", and
 * further on ", operation 1,234". */
static void
read_finding(struct probe *probe)
{
    char *line = strstr(probe->text, "dbgmalloc: finding ");
    char *end;
    char *at;

    probe->finding = line;
    if (line == NULL)
        return;
    end = strchr(line, '\n');
    if (end == NULL)
        end = line + strlen(line);
    for (at = end; at > line && *at != '('; at--)
        ;
    snprintf(probe->kind, sizeof(probe->kind), "%.*s",
             (int)strcspn(at + 1, ")\n"), at + 1);
    at = strstr(end, ", operation ");
    if (at == NULL)
        return;
    for (at += strlen(", operation "); *at == ',' || (*at >= '0' && *at <= '9');
         at++) {
        if (*at != ',')
            probe->operation = probe->operation * 10 + (uint64_t)(*at - '0');
    }
}

/* Run it with these options beside the usual ones. */
static void
try(struct bisect *bisect, struct probe *probe, const char *ours)
{
    pid_t child;

    *probe = (struct probe){0};
    unlink(bisect->log);
    fflush(NULL);
    child = fork();
    if (child == 0)
        become(bisect, ours);
    if (child < 0) {
        tool_say("cannot fork: %s", strerror(errno));
        exit(TOOL_FAILED);
    }
    bisect->runs++;
    probe->status = wait_for(bisect, child, &probe->is_late);
    probe->text = read_log(bisect->log);
    read_finding(probe);
}

static void
forget(struct probe *probe)
{
    free(probe->text);
    *probe = (struct probe){0};
}

/* --- the search --- */

/* Is it noticed later than it is done? Else the place is known at once. */
static bool
is_late_kind(const char *kind)
{
    return strcmp(kind, "overrun") == 0 || strcmp(kind, "underrun") == 0 ||
           strcmp(kind, "write-after-free") == 0;
}

static void
say_range(const struct bisect *bisect, const char *kind)
{
    tool_say("run %u: %s between operation %" PRIu64 " and operation %" PRIu64,
             bisect->runs, kind, bisect->whole, bisect->bad);
}

/* One run with checks at PARTS places of the range. False where it says what
 * cannot be, if the program did the same as before. */
static bool
narrow(struct bisect *bisect)
{
    uint64_t width = bisect->bad - bisect->whole;
    uint64_t interval = (width + PARTS - 1) / PARTS;
    uint64_t last;
    struct probe probe;
    char *ours = tool_text("start=%" PRIu64 ",interval=%" PRIu64, bisect->whole,
                           interval);
    bool is_right;

    try(bisect, &probe, ours);
    free(ours);
    is_right = probe.finding != NULL && is_late_kind(probe.kind) &&
               probe.operation > bisect->whole &&
               probe.operation <= bisect->bad;
    if (is_right) {
        /* The last check before was a good one. */
        last = (probe.operation - 1) / interval * interval;
        if (last > bisect->whole)
            bisect->whole = last;
        bisect->bad = probe.operation;
        say_range(bisect, probe.kind);
    } else {
        tool_say("run %u: not as before: %s%s", bisect->runs,
                 probe.is_late           ? "it took too long"
                 : probe.finding == NULL ? "nothing was noticed"
                                         : "noticed elsewhere: ",
                 probe.finding != NULL && !probe.is_late ? probe.kind : "");
    }
    forget(&probe);
    return is_right;
}

/* --- what is said --- */

static void
indent(const char *text, const char *end)
{
    while (text < end && *text != '\0') {
        size_t n = strcspn(text, "\n");

        printf("    %.*s\n", (int)n, text);
        text += n + (text[n] == '\n');
    }
}

/* The finding's text, to the empty line after it. */
static void
say_finding(const struct probe *probe)
{
    const char *end = strstr(probe->finding, "\n\n");

    indent(probe->finding,
           end != NULL ? end : probe->finding + strlen(probe->finding));
}

/* Line number `i` of those that log-trans wrote before the finding:
 * "malloc(9) = 0x... at main (x.c:3)". */
static char *
transaction(const struct probe *probe, unsigned i)
{
    const char *at = probe->text;

    while (at < probe->finding) {
        size_t n = strcspn(at, "\n");
        const char *colon = memmem(at, n, ": ", 2);
        const char *call = colon != NULL ? colon + 2 : at;
        const char *bracket = memchr(call, '(', n - (size_t)(call - at));

        /* What log-prefix puts before it ends with a colon. */
        if (bracket != NULL &&
            memchr(call, ' ', (size_t)(bracket - call)) == NULL && i-- == 0)
            return tool_text("%.*s", (int)(n - (size_t)(call - at)), call);
        at += n + (at[n] == '\n');
    }
    return NULL;
}

static int
say_place(struct bisect *bisect)
{
    uint64_t start = bisect->whole > 0 ? bisect->whole - 1 : 0;
    char *ours = tool_text("start=%" PRIu64 ",interval=1,log-trans", start);
    struct probe probe;
    char *call;

    try(bisect, &probe, ours);
    free(ours);
    if (probe.finding == NULL || probe.operation != bisect->bad) {
        forget(&probe);
        tool_say("the last run did not end as those before it");
        return TOOL_UNKNOWN;
    }
    printf("the first write that damaged the heap was made between operation "
           "%" PRIu64 " and operation %" PRIu64 ":\n",
           bisect->whole, bisect->bad);
    call = bisect->whole > 0 ? transaction(&probe, 0) : NULL;
    if (call != NULL)
        printf("  the heap was whole after %s\n", call);
    else
        printf("  the heap was whole at the start\n");
    free(call);
    call = transaction(&probe, bisect->whole > 0 ? 1 : 0);
    if (call != NULL)
        printf("  and damaged after %s\n", call);
    else
        printf("  and damaged in the call after it, which the finding names\n");
    free(call);
    say_finding(&probe);
    forget(&probe);
    return TOOL_BAD;
}

static int
search(struct bisect *bisect)
{
    unsigned disagreed = 0;

    while (bisect->bad - bisect->whole > 1) {
        if (narrow(bisect))
            disagreed = 0;
        else if (++disagreed == DISAGREE_MAX)
            break;
    }
    if (bisect->bad - bisect->whole == 1)
        return say_place(bisect);
    printf("between operation %" PRIu64 " and operation %" PRIu64
           "; it is not known better: the program does not do the same in each "
           "run (threads, time, random numbers?)\n",
           bisect->whole, bisect->bad);
    return TOOL_UNKNOWN;
}

/* What can go wrong before there is anything to search for. */
static int
say_nothing_found(const struct bisect *bisect, const struct probe *probe)
{
    if (probe->is_late)
        return tool_fail("it took longer than --timeout allows");
    if (WIFEXITED(probe->status) && WEXITSTATUS(probe->status) == 127 &&
        probe->text[0] == '\0')
        return tool_fail("cannot run %s", bisect->target.path);
    if (WIFSIGNALED(probe->status)) {
        tool_say("it was killed by signal %d before anything was noticed; "
                 "\"dbgmalloc run\" says more of a fault",
                 WTERMSIG(probe->status));
        return TOOL_UNKNOWN;
    }
    printf("no damage was noticed: the heap was whole each time that it was "
           "looked at, and at the end\n");
    return TOOL_OK;
}

static int
find(struct bisect *bisect)
{
    char *ours = tool_text("interval=%d", FIRST_INTERVAL);
    struct probe probe;
    int status;

    try(bisect, &probe, ours);
    free(ours);
    if (probe.finding == NULL) {
        status = say_nothing_found(bisect, &probe);
    } else if (!is_late_kind(probe.kind)) {
        printf("%s: it is noticed where it is done, so there is nothing to "
               "search for:\n",
               probe.kind);
        say_finding(&probe);
        status = TOOL_BAD;
    } else if (probe.operation == 0) {
        status = tool_fail("the library does not say in which operation: it is "
                           "another version");
    } else {
        bisect->bad = probe.operation;
        bisect->whole = (probe.operation - 1) / FIRST_INTERVAL * FIRST_INTERVAL;
        say_range(bisect, probe.kind);
        status = search(bisect);
    }
    forget(&probe);
    return status;
}

/* --- the command --- */

static void
read_options(struct bisect *bisect, struct tool_args *args)
{
    int option;

    while ((option = tool_next(args)) != 0) {
        switch (option) {
        case 'o':
            bisect->opts = args->value;
            break;
        case 'v':
            bisect->is_verbose = true;
            break;
        case OPTION_TIMEOUT:
            bisect->timeout = tool_time(args, "timeout");
            break;
        case OPTION_LIB:
            bisect->library = realpath(args->value, NULL);
            if (bisect->library == NULL)
                tool_usage(args, "--lib: %s: %s", args->value, strerror(errno));
            break;
        default:
            break;
        }
    }
    if (args->argc == 0)
        tool_usage(args, "which program is to be run?");
    bisect->argv = args->argv;
}

static int
prepare(struct bisect *bisect)
{
    sigset_t set;
    int error = target_examine(bisect->argv, &bisect->target);

    if (error != 0)
        return tool_fail("cannot run %s: %s", bisect->argv[0],
                         strerror(-error));
    if (bisect->target.refusal != NULL)
        return tool_fail("%s", bisect->target.refusal);
    if (!target_have_library(&bisect->library))
        return TOOL_FAILED;
    if (mkdtemp(bisect->directory) == NULL)
        return tool_fail("cannot make a directory in /tmp: %s",
                         strerror(errno));
    bisect->log = tool_text("%s/log", bisect->directory);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, &bisect->mask);
    return 0;
}

static int
run_bisect(struct tool_args *args)
{
    struct bisect bisect = {.directory = "/tmp/dbgmalloc.XXXXXX"};
    int status;

    read_options(&bisect, args);
    status = prepare(&bisect);
    if (status == 0)
        status = find(&bisect);
    if (bisect.log != NULL)
        remove_log(&bisect);
    free(bisect.log);
    free(bisect.library);
    target_free(&bisect.target);
    return status;
}

static const struct tool_option options[] = {
    {'o', "options", "OPTS", TOOL_WORD_OPTS, NULL,
     "options for the library, as in DBGMALLOC_OPTS, in each run"},
    {OPTION_TIMEOUT, "timeout", "TIME", TOOL_WORD_ANY, NULL,
     "end a run that takes longer (90s, 10m)"},
    {OPTION_LIB, "lib", "PATH", TOOL_WORD_FILE, NULL,
     "this libdbgmalloc.so, and not the one that is installed"},
    {'v', "verbose", NULL, TOOL_WORD_ANY, NULL,
     "show what the program writes, in each run"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc bisect ./app --its --options",
     "run it some six times; say between which two calls of malloc or free the "
     "heap was damaged first"},
    {"dbgmalloc bisect --timeout 5m ./app <input",
     "each run reads the input anew"},
    {0},
};

static const struct tool_exit exits[] = {
    {TOOL_OK, "no damage was noticed"},
    {TOOL_BAD, "the heap is damaged, and it is said where"},
    {TOOL_USAGE, "the command line is wrong"},
    {TOOL_UNKNOWN, "it is damaged, and the place is not known: the program "
                   "does not do the same in each run"},
    {TOOL_FAILED, "the program or the library cannot be run"},
    {0},
};

const struct tool_command tool_command_bisect = {
    .name = "bisect",
    .operands = "[--] PROGRAM [ARG]...",
    .word = TOOL_WORD_PROGRAM,
    .stops_at_operand = true,
    .summary = "find the operation that damaged the heap",
    .about =
        "Runs the program several times under the library, with checks of the "
        "whole heap where the damage can be, each time closer to each other, "
        "until two operations are left: after the one the heap was whole, and "
        "by the other it was damaged. What the program does between these two "
        "calls of malloc, realloc or free has made the write.\n"
        "An operation is one such call; they are counted from the start of the "
        "program. It has to do the same in each run: give it the same input, "
        "a fixed seed, one thread. If it does not, that is said. Its output "
        "goes nowhere unless --verbose is given, and a file that is its input "
        "is read anew in each run. Of processes that it starts nothing is "
        "said.\n",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_bisect,
};
