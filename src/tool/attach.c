/*
 * tool/attach.c - `dbgmalloc attach`: find the leak in a process that runs.
 *
 * STEP 1, before anything is touched: who is it, may we, can it be done.
 * STEP 2: a thread of it loads the library from a memory file and calls
 * dbgmalloc_attach_ (tool/remotecall.h); this is all that ptrace is used for.
 * STEP 3: the page that both sides share says how things stand; reports are
 * read from another memory file, both opened through /proc.
 * STEP 4: on Ctrl-C, at the end of the duration, or when the terminal closes,
 * the page asks the library to give everything back. If this command is killed
 * it does so by itself, once the page's beat stands still.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "conf/conf.h"
#include "elf/elf.h"
#include "model/control.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/remote.h"
#include "tool/channel.h"
#include "tool/remotecall.h"
#include "tool/procfs.h"
#include "tool/screen.h"
#include "tool/target.h"
#include "tool/tool.h"
#include "tool/tracee.h"

/* The name by which /proc shows the library that we brought. */
#define LIBRARY_NAME "dbgmalloc.so"
#define LIBRARY_MARK "/memfd:" LIBRARY_NAME

/* __RTLD_DLOPEN: what __libc_dlopen_mode wants to see. */
#define LIBC_DLOPEN_MODE UINT64_C(0x80000000)

#define FIND_NS UINT64_C(5000000000)
#define LOAD_NS UINT64_C(20000000000)
#define ANSWER_NS UINT64_C(60000000000)
#define REPORT_NS UINT64_C(600000000000)

enum { OPTION_DURATION = 256, OPTION_FORMAT, OPTION_RECOVER, OPTION_LIB };

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
    bool is_quiet;
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

/* The module that has our way in: brought by an earlier attachment, or there
 * from the start. */
static uintptr_t
find_entry(struct remotemap *map, bool *out_is_brought)
{
    for (size_t i = 0; i < map->module_count; i++) {
        uintptr_t entry =
            remotemap_symbol(map, &map->modules[i], "dbgmalloc_attach_");

        if (entry == 0)
            continue;
        *out_is_brought = strncmp(map->modules[i].path, LIBRARY_MARK,
                                  strlen(LIBRARY_MARK)) == 0;
        return entry;
    }
    return 0;
}

static int
call(struct remotecall *remote, const char *step, uintptr_t function,
     uint64_t a, uint64_t b, uint64_t timeout_ns, int64_t *out_result)
{
    const uint64_t arguments[4] = {a, b, 0, 0};

    remote->step = step;
    return remotecall_run(remote, function, arguments, timeout_ns, out_result);
}

/* Copy the library into the target's memory file. */
static int
send_library(struct attach *attach, int fd)
{
    struct file_map file;
    char *path = target_library();
    int error, theirs;

    if (path == NULL)
        return -ENOENT;
    error = file_map(path, &file);
    free(path);
    if (error != 0)
        return error;
    theirs = channel_reach(attach->pid, fd, O_WRONLY);
    error = theirs < 0 ? theirs : file_write(theirs, file.bytes, file.size);
    if (theirs >= 0)
        (void)close(theirs); /* all of it was written */
    file_unmap(&file);
    return error;
}

/* What the target's loader says of its last failure. */
static void
loader_words(struct remotecall *remote, char *words, size_t size)
{
    uintptr_t dlerror_at;
    int64_t text = 0;

    (void)snprintf(words, size, "%s", "its loader refuses it");
    if (remotemap_libc(remote->map, "dlerror", &dlerror_at) != NULL &&
        call(remote, "asking why", dlerror_at, 0, 0, LOAD_NS, &text) == 0 &&
        text != 0 && remote_text(remote->pid, (uintptr_t)text, words, size) < 0)
        (void)snprintf(words, size, "%s", "its loader refuses it");
}

/* dlopen of what the memory file `fd` of the target holds. */
static int
load_library(struct remotecall *remote, int fd, char *why, size_t size)
{
    uintptr_t dlopen_at, path_at;
    uint64_t mode = RTLD_NOW;
    int64_t handle = 0;
    char path[64];
    int error;

    if (remotemap_libc(remote->map, "dlopen", &dlopen_at) == NULL) {
        /* Before glibc 2.34 libc itself has this one. */
        mode |= LIBC_DLOPEN_MODE;
        if (remotemap_libc(remote->map, "__libc_dlopen_mode", &dlopen_at) ==
            NULL)
            return snprintf(why, size, "its libc has no dlopen"), -ENOTSUP;
    }
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    path_at = remotecall_put(remote, path, strlen(path) + 1);
    error = call(remote, "loading the library", dlopen_at, path_at, mode,
                 LOAD_NS, &handle);
    if (error != 0)
        return snprintf(why, size, "%s", remote->why), error;
    if (handle == 0) {
        loader_words(remote, why, size);
        return -ELIBBAD;
    }
    return 0;
}

/* Bring the library in, on the thread that is held. */
static int
bring_library(struct attach *attach, struct remotecall *remote, char *why,
              size_t size)
{
    uintptr_t memfd_at, close_at, name_at;
    int64_t fd = -1, unused;
    const char *step;
    int error;

    if (remotemap_libc(remote->map, "memfd_create", &memfd_at) == NULL ||
        remotemap_libc(remote->map, "close", &close_at) == NULL)
        return snprintf(why, size, "its libc is too old (no memfd_create)"),
               -ENOTSUP;
    name_at = remotecall_put(remote, LIBRARY_NAME, sizeof(LIBRARY_NAME));
    error = call(remote, "making a memory file", memfd_at, name_at, 1, FIND_NS,
                 &fd);
    if (error != 0)
        return snprintf(why, size, "%s", remote->why), error;
    fd = (int32_t)fd;
    if (fd < 0)
        return snprintf(why, size,
                        "memfd_create is refused there (a seccomp filter, or "
                        "no descriptors left)"),
               -EPERM;
    remote->step = "copying the library";
    error = send_library(attach, (int)fd);
    if (error != 0)
        (void)snprintf(why, size, "the library cannot be copied: %s",
                       strerror(-error));
    else
        error = load_library(remote, (int)fd, why, size);
    /* Loaded or not, the descriptor is of no more use. */
    step = remote->step;
    (void)call(remote, "closing the memory file", close_at, (uint64_t)fd, 0,
               FIND_NS, &unused);
    remote->step = step;
    return error;
}

/* Find the way in, bringing the library if need be, and call it. */
static int
enter(struct attach *attach, struct remotecall *remote, const char *options,
      int64_t *out_fd, char *why, size_t size)
{
    struct remotemap fresh;
    bool is_brought = false;
    uintptr_t entry = find_entry(remote->map, &is_brought);
    uintptr_t text_at;
    int error = 0;

    if (entry == 0) {
        error = bring_library(attach, remote, why, size);
        if (error == 0)
            error = remotemap_read(attach->pid, &fresh);
        if (error != 0)
            return error;
        entry = find_entry(&fresh, &is_brought);
        remotemap_fini(&fresh);
        if (entry == 0)
            return snprintf(why, size, "the library is not where it was put"),
                   -ENOENT;
    }
    text_at = remotecall_put(remote, options, strlen(options) + 1);
    if (text_at == 0)
        return snprintf(why, size, "the options are too long"), -E2BIG;
    error = call(remote, "redirecting its calls", entry, text_at, 0, LOAD_NS,
                 out_fd);
    *out_fd = (int32_t)*out_fd;
    if (error != 0)
        (void)snprintf(why, size, "%s", remote->why);
    return error;
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

/* STEP 2. Returns the page's descriptor or -errno, everything said. */
static int
attach_now(struct attach *attach)
{
    char *options = options_text(attach);
    char why[REMOTECALL_WHY_MAX] = "";
    static struct remotecall remote; /* large */
    struct remotemap map;
    int64_t fd = -1;
    int error = remotemap_read(attach->pid, &map);

    if (error != 0) {
        free(options);
        tool_say("%s (%d): its memory cannot be read: %s", attach->tracee.name,
                 attach->pid, strerror(-error));
        return error;
    }
    error = remotecall_begin(&remote, &map, FIND_NS);
    if (error != 0) {
        (void)snprintf(why, sizeof(why), "%s", remote.why);
    } else {
        error = enter(attach, &remote, options, &fd, why, sizeof(why));
        remotecall_end(&remote);
    }
    remotemap_fini(&map);
    free(options);
    if (error != 0) {
        attach->is_told = true;
        tool_say("%s (%d): %s: %s. It goes on as before.", attach->tracee.name,
                 attach->pid, remote.step, why);
        return error;
    }
    if (!attach->is_quiet && fd >= 0)
        tool_say("attached to %s (%d); a thread of it was away for %.1f ms",
                 attach->tracee.name, attach->pid,
                 (double)remote.stopped_ns / 1e6);
    return (int)fd;
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
        if (error == 0)
            fd = attach_now(attach);
    }
    if (fd < 0) {
        if (!attach->is_told)
            tool_say("%s (%d): %s", attach->tracee.name, attach->pid,
                     refusal_words(fd));
        return fd;
    }
    error = channel_open(&attach->channel, attach->pid, fd);
    if (error != 0)
        tool_say("%s (%d): its page cannot be opened: %s. It ends the "
                 "attachment by itself in half a minute",
                 attach->tracee.name, attach->pid, strerror(-error));
    return error;
}

/* ---- reports ---- */

static void
show_header(const struct attach *attach, double elapsed)
{
    const struct control *control = attach->channel.control;
    char live[24], before[24], own[24];

    (void)screen_bytes(live, sizeof(live),
                       (double)atomic_load(&control->live_bytes));
    (void)screen_bytes(before, sizeof(before),
                       (double)atomic_load(&control->resident_at_start));
    (void)screen_bytes(own, sizeof(own),
                       (double)atomic_load(&control->own_bytes));
    fprintf(stderr,
            "dbgmalloc: %s (%d), %.0f s: %s in %llu blocks made since and not "
            "freed; %llu calls seen; %llu frees of older blocks; resident at "
            "the start %s, of which nothing is known; the library uses %s\n",
            attach->tracee.name, attach->pid, elapsed, live,
            (unsigned long long)atomic_load(&control->live_blocks),
            (unsigned long long)atomic_load(&control->calls),
            (unsigned long long)atomic_load(&control->unknown_freed), before,
            own);
    if (atomic_load(&control->replaced) != 0)
        fprintf(stderr,
                "dbgmalloc: %llu blocks were freed by a road that was not "
                "seen\n",
                (unsigned long long)atomic_load(&control->replaced));
    if (atomic_load(&control->missed) != 0)
        fprintf(stderr, "dbgmalloc: %llu blocks could not be recorded\n",
                (unsigned long long)atomic_load(&control->missed));
}

static bool
is_wanted(void)
{
    return was_told_to_end < 2;
}

static int
report(struct attach *attach, double elapsed)
{
    int error =
        channel_ask(&attach->channel, CONTROL_REPORT, REPORT_NS, is_wanted);

    if (error != 0)
        return error;
    if (!attach->is_quiet) {
        if (screen_is_terminal(stdout) && attach->format == NULL)
            fputs("\033[H\033[2J", stdout);
        show_header(attach, elapsed);
    }
    channel_show(&attach->channel, stdout);
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
    double next = attach->interval;
    bool is_last = false;
    int error = 0;

    while (error == 0 && !is_last) {
        double elapsed = seconds_since(start);
        bool is_over = attach->duration != 0 && elapsed >= attach->duration;

        channel_beat(&attach->channel);
        if (!channel_is_alive(&attach->channel))
            return -ESRCH;
        if (elapsed >= next || is_over || was_told_to_end) {
            error = report(attach, elapsed);
            is_last = is_over || was_told_to_end;
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
    if (error == -ESRCH) {
        tool_say("%s (%d) has ended", attach->tracee.name, attach->pid);
        return TOOL_OK;
    }
    if (error != 0)
        tool_say("%s (%d) does not answer: %s", attach->tracee.name,
                 attach->pid, strerror(-error));
    if (channel_ask(&attach->channel, CONTROL_DETACH, ANSWER_NS, NULL) != 0) {
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

/* The one process that the word means; 0 if that is not one, which is said. */
static int
find_process(const char *word)
{
    size_t count;
    pid_t *found = procfs_find(word, &count);
    int pid = found != NULL && count == 1 ? found[0] : 0;

    if (found == NULL || count == 0)
        tool_say("there is no process %s", word);
    else if (count > 1)
        tool_say("%zu processes are called %s (%d, %d, ...): say which by its "
                 "id",
                 count, word, found[0], found[1]);
    free(found);
    return pid;
}

static int
run(struct tool_args *args)
{
    struct attach attach = {.interval = 10, .top = 10};
    bool is_recovery = read_arguments(args, &attach);
    char why[TRACEE_WHY_MAX];
    int error;

    attach.pid = find_process(args->argv[0]);
    if (attach.pid == 0)
        return TOOL_FAILED;
    error = tracee_read(attach.pid, &attach.tracee);
    if (error != 0)
        return tool_fail("process %d: %s", attach.pid, strerror(-error));
    if (is_recovery)
        return recover(&attach);
    error = tracee_check(&attach.tracee, why, sizeof(why));
    if (error != 0)
        return tool_fail("cannot attach to %s (%d): %s", attach.tracee.name,
                         attach.pid, why);
    catch_signals();
    if (begin(&attach) != 0)
        return TOOL_FAILED;
    return end_it(&attach, follow(&attach));
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
        "fastest growing first. The process is not restarted, and its threads "
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
