/*
 * tool/run.c - `dbgmalloc run`: a program under the library.
 *
 * The program stays in our process group, so that the terminal's signals and
 * job control reach it as if we were not there: what the terminal sends to the
 * group we ignore, what somebody sends to us alone is passed on. If the program
 * stops we stop, if it is killed we die of the same signal. Signals are taken
 * by sigtimedwait alone; nothing runs in a handler.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "tool/command.h"
#include "tool/outcome.h"
#include "tool/procfs.h"
#include "tool/screen.h"
#include "tool/target.h"
#include "tool/tool.h"

/* Where the program itself could not be run; as env and timeout have it. */
#define RUN_FAILED 125
#define RUN_NO_EXEC 126
#define RUN_NOT_FOUND 127
/* What --fail-on-leak makes of a status 0; valgrind's users know the like. */
#define RUN_LEAK 99

/* After so long a run there is something to say while it goes on, and how
 * often it is said anew, s. */
#define PROGRESS_AFTER 3
#define PROGRESS_EVERY 1

enum {
    OPTION_FOLLOW = 256,
    OPTION_ONLY,
    OPTION_FAIL,
    OPTION_LIB,
    OPTION_ALONE
};

struct run {
    const char *opts;   /* -o, or NULL */
    const char *log;    /* -l, or NULL */
    const char *format; /* or NULL */
    const char *only;   /* --only, or NULL */
    bool is_following;  /* --follow */
    bool is_alone;      /* --no-follow */
    bool fails_on_leak;
    bool is_quiet;
    char *library;
    char *pattern; /* where the logs are, as log= says it; NULL: elsewhere */
    struct timespec start;   /* wall clock, for the files' times */
    struct timespec elapsed; /* monotonic, at the start */
    pid_t child;
    /* For the line of progress. */
    bool has_progress;
    bool is_shown;
    double first_memory;
    double first_time;
};

/* --- the environment --- */

static void
note_log(const struct conf_token *token, void *context)
{
    if (token->kind == CONF_TOKEN_OPTION && strcmp(token->name, "log") == 0) {
        free(*(char **)context);
        *(char **)context = tool_text("%s", token->value);
    }
}

/* `text` as a value in DBGMALLOC_OPTS: commas and backslashes escaped. With
 * `is_literal` a percent sign is one. To be freed. */
static char *
escape(const char *text, bool is_literal)
{
    char *result = tool_alloc(strlen(text) * 2 + 1);
    char *to = result;

    for (; *text != '\0'; text++) {
        if (*text == ',' || *text == '\\' || *text == ' ')
            *to++ = '\\';
        if (*text == '%' && is_literal)
            *to++ = '%';
        *to++ = *text;
    }
    return result;
}

/* The path, absolute: the program may change its directory before it writes. */
static char *
absolute(const char *path)
{
    char directory[PATH_MAX];
    char *literal;
    char *text;

    if (*path == '/' || getcwd(directory, sizeof(directory)) == NULL)
        return tool_text("%s", path);
    /* Of the directory's name nothing is an escape. */
    literal = tool_alloc(2 * strlen(directory) + 1);
    for (char *from = directory, *to = literal; *from != '\0'; from++) {
        if (*from == '%')
            *to++ = '%';
        *to++ = *from;
    }
    text = tool_text("%s/%s", strcmp(literal, "/") == 0 ? "" : literal, path);
    free(literal);
    return text;
}

static bool
is_path(const char *log)
{
    return strcmp(log, "stderr") != 0 && strcmp(log, "stdout") != 0 &&
           strcmp(log, "none") != 0 && strncmp(log, "fd:", 3) != 0;
}

/* Decide where the logs go: -l, else what the options say, else a file in the
 * working directory. Returns the token for it, to be freed; "" if the options
 * have it already. */
static char *
choose_log(struct run *run, const char *given)
{
    char *log = NULL;
    char *token;
    const char *plus;

    if (run->log == NULL) {
        (void)conf_explain(given, note_log, &log); /* the library complains */
        if (log != NULL) {
            const char *path = log + (*log == '+');

            if (is_path(path))
                run->pattern = absolute(path);
            free(log);
            return tool_text("%s", "");
        }
        log = tool_text("dbgmalloc.%%e.%%p.%s",
                        run->format == NULL || strcmp(run->format, "text") == 0
                            ? "txt"
                            : run->format);
    } else {
        log = tool_text("%s", run->log);
    }
    plus = *log == '+' ? "+" : "";
    if (is_path(log + strlen(plus))) {
        char *path;

        run->pattern = absolute(log + strlen(plus));
        path = escape(run->pattern, false);
        token = tool_text(",log=%s%s", plus, path);
        free(path);
    } else {
        token = tool_text(",log=%s", log);
    }
    free(log);
    return token;
}

/* Which of the processes the library is active in. */
static char *
choose_programs(const struct run *run, const struct target *target)
{
    char *names;
    char *token;

    if (run->is_following)
        return tool_text("%s", "");
    names =
        run->only != NULL ? tool_text("%s", run->only) : target_only(target);
    for (char *at = names; run->only != NULL && *at != '\0'; at++) {
        /* A list of names. */
        if (*at == ',')
            *at = ':';
        else if (strchr(" \\", *at) != NULL)
            *at = '?';
    }
    token =
        tool_text(",only=%s%s", names, run->is_alone ? ",log-child=off" : "");
    free(names);
    return token;
}

static void
set_environment(struct run *run, const struct target *target)
{
    const char *before = getenv("DBGMALLOC_OPTS");
    char *given = tool_text("%s%s%s", before != NULL ? before : "",
                            before != NULL && *before != '\0' ? "," : "",
                            run->opts != NULL ? run->opts : "");
    char *log = choose_log(run, given);
    char *only = choose_programs(run, target);
    char *opts = tool_text("%s%s%s%s%s%s", given, log,
                           run->format != NULL ? ",format=" : "",
                           run->format != NULL ? run->format : "", only,
                           run->fails_on_leak ? ",log-leaks,exit-code=99" : "");
    char *preload = target_preload(run->library);

    if (setenv("DBGMALLOC_OPTS", opts + (*opts == ','), 1) != 0 ||
        setenv("LD_PRELOAD", preload, 1) != 0) {
        tool_say("cannot set the environment: %s", strerror(errno));
        exit(RUN_FAILED);
    }
    free(preload);
    free(opts);
    free(only);
    free(log);
    free(given);
}

/* --- the line of progress --- */

static double
seconds_since(const struct timespec *start)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) +
           (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

static void
clear_progress(struct run *run)
{
    if (run->is_shown)
        fputs("\r\033[K", stderr);
    run->is_shown = false;
}

/* A program that draws on the terminal itself is left alone. */
static bool
terminal_is_plain(void)
{
    struct termios mode;

    return tcgetattr(STDERR_FILENO, &mode) != 0 ||
           (mode.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO);
}

static void
show_progress(struct run *run)
{
    struct procfs_memory memory;
    double elapsed = seconds_since(&run->elapsed);
    char time[24];
    char now[24];
    char more[24];
    char rate[64] = "";
    char line[200];
    uint64_t findings;

    if (!run->has_progress || elapsed < PROGRESS_AFTER ||
        !terminal_is_plain() || tcgetpgrp(STDERR_FILENO) != getpgrp() ||
        procfs_memory(run->child, &memory) != 0)
        return;
    if (run->first_time <= 0) {
        run->first_time = elapsed;
        run->first_memory = memory.anon + memory.swap;
    }
    if (elapsed - run->first_time >= 10) {
        double grown = memory.anon + memory.swap - run->first_memory;

        snprintf(rate, sizeof(rate), " (%s%s/min)", grown >= 0 ? "+" : "",
                 screen_bytes(more, sizeof(more),
                              grown * 60 / (elapsed - run->first_time)));
    }
    findings = run->pattern != NULL
                   ? outcome_findings_so_far(run->pattern, run->start)
                   : 0;
    snprintf(line, sizeof(line),
             "dbgmalloc: %s, memory %s%s, %llu finding%s so far",
             screen_time(time, sizeof(time), floor(elapsed)),
             screen_bytes(now, sizeof(now), memory.anon + memory.swap), rate,
             (unsigned long long)findings, findings == 1 ? "" : "s");
    fprintf(stderr, "\r\033[K%.*s\r", (int)screen_columns(stderr) - 1, line);
    fflush(stderr);
    run->is_shown = true;
}

/* --- the process --- */

/* The signals that we take one by one. Those of job control and of faults stay
 * as they are. */
static void
fill_signals(sigset_t *set)
{
    sigfillset(set);
    sigdelset(set, SIGTSTP);
    sigdelset(set, SIGTTIN);
    sigdelset(set, SIGTTOU);
    sigdelset(set, SIGCONT);
    sigdelset(set, SIGSEGV);
    sigdelset(set, SIGBUS);
    sigdelset(set, SIGFPE);
    sigdelset(set, SIGILL);
    sigdelset(set, SIGABRT);
}

/* In the child: execute, or tell the parent why not. */
static void NORETURN
become(char *const *argv, const char *path, int tell, const sigset_t *mask)
{
    int error;

    sigprocmask(SIG_SETMASK, mask, NULL);
    execv(path, argv);
    error = errno;
    if (write(tell, &error, sizeof(error)) != sizeof(error))
        _exit(RUN_FAILED);
    _exit(error == ENOENT ? RUN_NOT_FOUND : RUN_NO_EXEC);
}

/* Fork and execute. Returns 0, or the errno of what failed. */
static int
start(struct run *run, char *const *argv, const struct target *target,
      const sigset_t *mask)
{
    int pipe_fds[2];
    int error = 0;
    ssize_t n;

    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return errno;
    run->child = fork();
    if (run->child == 0) {
        set_environment(run, target);
        become(argv, target->path, pipe_fds[1], mask);
    }
    if (run->child < 0)
        error = errno;
    close(pipe_fds[1]);
    if (run->child > 0) {
        do
            n = read(pipe_fds[0], &error, sizeof(error));
        while (n < 0 && errno == EINTR);
        if (n != sizeof(error))
            error = 0;
    }
    close(pipe_fds[0]);
    return error;
}

/* Pass a signal on, unless it came from the terminal: then the program has it
 * already. */
static void
pass_on(const struct run *run, const siginfo_t *info)
{
    if (info->si_code == SI_KERNEL || info->si_signo == SIGPIPE ||
        info->si_pid == run->child)
        return;
    kill(run->child, info->si_signo);
}

/* The program stopped, so we do; when we go on, it does. */
static void
stop_too(struct run *run)
{
    clear_progress(run);
    raise(SIGSTOP);
    kill(run->child, SIGCONT);
}

/* Wait until it has ended. Returns wait's status. */
static int
wait_for_end(struct run *run, const sigset_t *set)
{
    const struct timespec every = {.tv_sec = PROGRESS_EVERY};
    int status;

    for (;;) {
        siginfo_t info = {0};
        int taken;
        pid_t pid = waitpid(run->child, &status, WNOHANG | WUNTRACED);

        if (pid == run->child && !WIFSTOPPED(status))
            return status;
        if (pid == run->child) {
            stop_too(run);
            continue;
        }
        if (pid < 0 && errno != EINTR)
            return RUN_FAILED << 8;
        taken = sigtimedwait(set, &info, &every);
        if (taken < 0)
            show_progress(run);
        else if (taken != SIGCHLD && taken != SIGWINCH)
            pass_on(run, &info);
    }
}

/* --- the verdict --- */

struct verdict {
    const struct run *run;
    size_t count;
    size_t bad;
    bool is_many;
};

static void
say_outcome(const struct outcome *outcome, void *context)
{
    struct verdict *verdict = context;
    bool is_bad = outcome->has_leaks || outcome->has_findings;

    verdict->count++;
    verdict->bad += is_bad;
    fputs("dbgmalloc: ", stderr);
    if (outcome->leaks[0] == '\0' && outcome->findings[0] == '\0') {
        fprintf(stderr, "report: %s\n", outcome->path);
        return;
    }
    screen_on(stderr, is_bad ? SCREEN_BAD : SCREEN_GOOD);
    fprintf(stderr, "%s%s%s%s%s", outcome->leaks[0] != '\0' ? "leaks: " : "",
            outcome->leaks, outcome->leaks[0] != '\0' ? "; " : "",
            outcome->findings[0] != '\0' ? "findings: " : "",
            outcome->findings);
    screen_off(stderr);
    fprintf(stderr, "\ndbgmalloc:   full report: %s\n", outcome->path);
}

static void
say_verdict(const struct run *run, const char *name, int status)
{
    struct verdict verdict = {.run = run};
    char time[24];

    if (run->is_quiet)
        return;
    fputs("dbgmalloc: ", stderr);
    if (WIFSIGNALED(status))
        fprintf(stderr, "%s was killed by SIG%s%s", name,
                sigabbrev_np(WTERMSIG(status)) != NULL
                    ? sigabbrev_np(WTERMSIG(status))
                    : "?",
                WCOREDUMP(status) ? " (core dumped)" : "");
    else
        fprintf(stderr, "%s ended with status %d", name, WEXITSTATUS(status));
    fprintf(stderr, " after %s\n",
            screen_time(time, sizeof(time), seconds_since(&run->elapsed)));
    if (run->pattern == NULL)
        return;
    (void)outcome_each(run->pattern, run->start, say_outcome, &verdict);
    if (verdict.count == 0)
        tool_say("nothing was reported%s",
                 WIFSIGNALED(status)
                     ? ": it had no time to; \"-o catch-signals=crash\" writes "
                       "a report before it dies"
                     : ": it found nothing to say, or ended by _exit");
}

/* End as the program did. */
static int
end_as(int status)
{
    struct rlimit no_core = {0, 0};
    sigset_t set;

    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    /* One core is enough. */
    (void)setrlimit(RLIMIT_CORE, &no_core); /* at worst there are two */
    fflush(NULL);
    signal(WTERMSIG(status), SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, WTERMSIG(status));
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}

/* --- the command --- */

static void
check_format(const struct tool_args *args, const char *format)
{
    const char *words = command_formats();
    size_t n = strlen(format);

    for (const char *at = words; at != NULL;
         at = strchr(at, '|') != NULL ? strchr(at, '|') + 1 : NULL) {
        if (strncmp(at, format, n) == 0 && (at[n] == '|' || at[n] == '\0'))
            return;
    }
    tool_usage(args, "there is no format \"%s\"; there are %s", format, words);
}

static void
read_options(struct run *run, struct tool_args *args)
{
    int option;

    while ((option = tool_next(args)) != 0) {
        switch (option) {
        case 'o':
            run->opts = args->value;
            break;
        case 'l':
            run->log = args->value;
            break;
        case 'f':
            check_format(args, args->value);
            run->format = args->value;
            break;
        case OPTION_FOLLOW:
            run->is_following = true;
            break;
        case OPTION_ALONE:
            run->is_alone = true;
            break;
        case OPTION_ONLY:
            run->only = args->value;
            break;
        case OPTION_FAIL:
            run->fails_on_leak = true;
            break;
        case OPTION_LIB:
            run->library = realpath(args->value, NULL);
            if (run->library == NULL)
                tool_usage(args, "--lib: %s: %s", args->value, strerror(errno));
            break;
        case 'q':
            run->is_quiet = true;
            break;
        }
    }
    if (args->argc == 0)
        tool_usage(args, "which program is to be run?");
    if (run->is_following && run->only != NULL)
        tool_usage(args, "--follow is all programs and --only is some: give "
                         "one of them");
}

/* 0, or the status to end with. */
static int
examine(const struct run *run, char *const *argv, struct target *target)
{
    int rc = target_examine(argv, target);

    if (rc != 0) {
        tool_say("cannot run %s: %s%s", argv[0], strerror(-rc),
                 rc == -ENOENT && strchr(argv[0], '/') == NULL
                     ? " in PATH; a program in this directory is ./NAME"
                     : "");
        return rc == -ENOENT ? RUN_NOT_FOUND : RUN_NO_EXEC;
    }
    /* Of what a shell script starts, something else may be meant. */
    if (target->refusal != NULL && !run->is_following && run->only == NULL) {
        tool_say("%s", target->refusal);
        tool_say("instead: %s", target->advice);
        return RUN_FAILED;
    }
    if (target->warning != NULL && !run->is_quiet)
        tool_say("%s", target->warning);
    return 0;
}

static int
run_run(struct tool_args *args)
{
    struct run run = {0};
    struct target target;
    sigset_t set;
    sigset_t mask;
    char *unused;
    int status;

    read_options(&run, args);
    status = examine(&run, args->argv, &target);
    if (status != 0)
        return status;
    if (!target_have_library(&run.library))
        return RUN_FAILED;
    /* The child's environment is set in the child; where the logs are is to be
     * known here too. */
    unused = tool_text(
        "%s,%s",
        getenv("DBGMALLOC_OPTS") != NULL ? getenv("DBGMALLOC_OPTS") : "",
        run.opts != NULL ? run.opts : "");
    free(choose_log(&run, unused));
    free(unused);
    run.has_progress = !run.is_quiet && screen_is_terminal(stderr);
    clock_gettime(CLOCK_REALTIME_COARSE, &run.start);
    clock_gettime(CLOCK_MONOTONIC, &run.elapsed);
    signal(SIGCHLD, SIG_DFL);
    fill_signals(&set);
    sigprocmask(SIG_BLOCK, &set, &mask);
    errno = start(&run, args->argv, &target, &mask);
    if (errno != 0) {
        tool_say("cannot run %s: %s", target.path, strerror(errno));
        return errno == ENOENT ? RUN_NOT_FOUND : RUN_NO_EXEC;
    }
    status = wait_for_end(&run, &set);
    clear_progress(&run);
    say_verdict(&run, args->argv[0], status);
    target_free(&target);
    free(run.pattern);
    free(run.library);
    return end_as(status);
}

static const struct tool_option options[] = {
    {'o', "options", "OPTS", TOOL_WORD_OPTS, NULL,
     "options and presets for the library, as in DBGMALLOC_OPTS; they come "
     "after what that variable says"},
    {'l', "log", "LOG", TOOL_WORD_FILE, NULL,
     "where the report goes: a file (%p is the process id, %e the program), "
     "stderr, stdout, fd:N or none. Without it, dbgmalloc.%e.%p.txt in this "
     "directory, unless the options have log="},
    {'f', "format", "FORMAT", TOOL_WORD_FORMAT, NULL, "the report's format"},
    {OPTION_FOLLOW, "follow", NULL, TOOL_WORD_ANY, NULL,
     "watch every program that is started, and not the first alone"},
    {OPTION_ONLY, "only", "NAME[:NAME]", TOOL_WORD_ANY, NULL,
     "of all that is started watch only programs of these names (* and ? "
     "match)"},
    {OPTION_ALONE, "no-follow", NULL, TOOL_WORD_ANY, NULL,
     "say nothing of processes that the program forks"},
    {OPTION_FAIL, "fail-on-leak", NULL, TOOL_WORD_ANY, NULL,
     "end with status 99 where there are leaks or findings and the program "
     "itself ends with 0"},
    {OPTION_LIB, "lib", "PATH", TOOL_WORD_FILE, NULL,
     "this libdbgmalloc.so, and not the one that is installed"},
    {'q', "quiet", NULL, TOOL_WORD_ANY, NULL,
     "no verdict, no line of progress"},
    {0},
};

static const struct tool_example examples[] = {
    {"dbgmalloc run ./app --its --options",
     "run ./app; then say in two lines what was found, and where the whole "
     "report is"},
    {"dbgmalloc run -o medium -l mem.txt -- make check",
     "with the checks of the preset medium, the report in mem.txt"},
    {"dbgmalloc run --only redis-server -- ./start-everything.sh",
     "of all that a script starts, watch redis-server"},
    {"dbgmalloc run --fail-on-leak -f json -l leaks.json -- ./unit-tests",
     "in a build job: a leak fails it"},
    {0},
};

static const struct tool_exit exits[] = {
    {0, "that of the program, whatever it is; if a signal kills it, so is "
        "dbgmalloc"},
    {RUN_LEAK, "--fail-on-leak: the program ended with 0, and there are leaks "
               "or findings"},
    {TOOL_USAGE, "the command line is wrong"},
    {RUN_FAILED, "the library cannot be preloaded into it, or is not found"},
    {RUN_NO_EXEC, "the program cannot be executed"},
    {RUN_NOT_FOUND, "there is no such program"},
    {0},
};

const struct tool_command tool_command_run = {
    .name = "run",
    .operands = "[--] PROGRAM [ARG]...",
    .word = TOOL_WORD_PROGRAM,
    .stops_at_operand = true,
    .summary = "run a program under the library",
    .about =
        "Runs the program with libdbgmalloc.so preloaded, as it is, not "
        "recompiled. When it ends, says in short what was found and where the "
        "full report is; the exit status is the program's. What the program "
        "starts in its turn runs with a plain allocator, unless --follow or "
        "--only says otherwise; processes that it forks are watched too, each "
        "with a report of its own.\n"
        "A static program, one that gets rights its caller does not have "
        "(setuid), or one for another CPU or libc is refused, for nothing "
        "could be preloaded into it.\n",
    .options = options,
    .examples = examples,
    .exits = exits,
    .run = run_run,
};
