/*
 * report/log.c - where reports go: the log and fd 2, guarded.
 *
 * A log that is a file is made by the first write (logfile.c), so a process
 * that has nothing to say leaves none behind.
 */
#include "report/log.h"

#include <errno.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "conf/conf.h"
#include "symbol/symbol.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/lock.h"
#include "os/process.h"
#include "os/thread.h"
#include "report/alert.h"
#include "report/dump.h"
#include "report/logfile.h"
#include "report/logname.h"
#include "report/names.h"
#include "report/render.h"
#include "report/suppress.h"
#include "report/report.h"
#include "report/words.h"

enum log_kind {
    LOG_NONE,
    LOG_DESCRIPTOR, /* of the program: stderr, stdout, fd:N */
    LOG_FILE        /* a file of ours */
};

/* A descriptor of the program that we may write to, and what it was. */
struct guarded {
    int fd;
    bool is_known; /* it was open when we looked */
    struct file_identity identity;
};

/* The layer's one lock. */
static struct lock report_lock = LOCK_INIT(LOCK_RANK_REPORT);
/* The rest is guarded by report_lock, and is read without it only by the few
 * functions that answer with one word of it. */
static bool is_inside; /* a thread is between log_hold and log_release */
static bool is_frozen; /* report_freeze took the lock */
static enum log_kind kind = LOG_DESCRIPTOR;
static struct guarded target = {.fd = 2};
static struct guarded standard_error = {.fd = 2};
static bool is_standard_error_seen;
static bool is_silent;
static bool has_complained;
static unsigned fork_count;
static struct logfile file;
/* The directory in which a relative name is meant, "" if unknown. */
static char directory[LOGNAME_MAX];

/* ---- the lock ---- */

enum log_hold
log_hold(void)
{
    if (lock_is_mine(&report_lock)) {
        if (is_inside || !is_frozen)
            return LOG_HOLD_NONE;
        is_inside = true;
        return LOG_HOLD_FROZEN;
    }
    lock_take_masked(&report_lock);
    is_inside = true;
    return LOG_HOLD_LOCK;
}

void
log_release(enum log_hold hold)
{
    is_inside = false;
    if (hold == LOG_HOLD_LOCK)
        lock_give_masked(&report_lock);
}

void
report_freeze(void)
{
    /* A signal handler that forks may have interrupted the holder. */
    is_frozen = !lock_is_mine(&report_lock);
    if (is_frozen)
        lock_take(&report_lock);
    symbol_freeze();
}

void
report_thaw(void)
{
    bool was_frozen = is_frozen;

    symbol_thaw();
    is_frozen = false;
    if (was_frozen)
        lock_give(&report_lock);
}

void
report_copied(void)
{
    lock_reset(&report_lock);
    symbol_reset();
}

/* ---- descriptors of the program ---- */

static void
look_at(struct guarded *guarded, int fd)
{
    guarded->fd = fd;
    guarded->is_known = file_identify(fd, &guarded->identity) == 0;
}

static int
write_guarded(const struct guarded *guarded, const char *bytes, size_t n)
{
    struct file_identity now;
    int result;

    if (!guarded->is_known)
        return -EBADF;
    result = file_identify(guarded->fd, &now);
    if (result != 0)
        return result;
    if (!file_is_same(&now, &guarded->identity))
        return -EBADF;
    return file_write(guarded->fd, bytes, n);
}

void
log_stderr(const char *bytes, size_t n)
{
    /* A finding may come before report_open; then what fd 2 is now is what it
     * was at the start. */
    if (!is_standard_error_seen) {
        look_at(&standard_error, 2);
        is_standard_error_seen = true;
    }
    /* Nothing is left to tell it to. */
    (void)write_guarded(&standard_error, bytes, n);
}

static const struct {
    int error;
    const char *text;
} errors[] = {
    {EACCES, "permission denied"},
    {EBADF, "the program closed or reused the descriptor"},
    {EDQUOT, "disk quota exceeded"},
    {EFBIG, "the file would be too large"},
    {EIO, "input/output error"},
    {EISDIR, "it is a directory"},
    {EMFILE, "too many open files"},
    {ENFILE, "too many open files"},
    {ENAMETOOLONG, "the name is too long"},
    {ENOENT, "no such directory"},
    {ENOSPC, "no space left on the device"},
    {ENOTDIR, "part of the path is no directory"},
    {EPIPE, "nobody reads the pipe"},
    {EROFS, "the file system is read-only"},
    {EWOULDBLOCK, "other live processes write to it"},
};

const char *
log_error_text(int error)
{
    for (size_t i = 0; i < ARRAY_COUNT(errors); i++) {
        if (errors[i].error == -error)
            return errors[i].text;
    }
    return NULL;
}

/* Once for each log: a full disk must not flood a terminal. */
static void
complain(const char *what, int error)
{
    char path[256];
    char line[512];
    const char *reason = log_error_text(error);
    size_t n;

    if (has_complained)
        return;
    has_complained = true;
    (void)report_path(path, sizeof(path));
    if (reason != NULL)
        n = format_text(line, sizeof(line),
                        "dbgmalloc: cannot %s the log %s: %s\n", what, path,
                        reason);
    else
        n = format_text(line, sizeof(line),
                        "dbgmalloc: cannot %s the log %s: error %d\n", what,
                        path, -error);
    log_stderr(line, n < sizeof(line) ? n : sizeof(line) - 1);
}

/* ---- the log's name ---- */

/* A relative name means the directory in which the program was started: by
 * the time of the first write it may have gone elsewhere. PWD is believed only
 * where it is the current directory. */
static void
find_directory(void)
{
    struct file_identity here;
    struct file_identity there;
    const char *pwd = process_env("PWD");

    directory[0] = '\0';
    if (pwd == NULL || pwd[0] != '/' || strlen(pwd) >= sizeof(directory))
        return;
    if (file_identify_path(".", &here) == 0 &&
        file_identify_path(pwd, &there) == 0 && file_is_same(&here, &there))
        (void)text_copy(directory, sizeof(directory), pwd);
}

size_t
log_name(const char *pattern, char *out_path, size_t size)
{
    /* Static, since stacks of handlers are small; guarded by report_lock. */
    static char name[LOGNAME_MAX];
    char program[256];
    char host[256];
    struct logname_values values = {
        .pid = thread_process_id(),
        .program = process_name(program, sizeof(program)),
        .host = process_host(host, sizeof(host)),
        .unix_ns = clock_unix(),
        .uid = process_uid(),
        .forks = fork_count,
    };
    size_t length = logname_expand(pattern, &values, name, sizeof(name));

    if (length >= sizeof(name))
        return size;
    if (name[0] == '/' || directory[0] == '\0')
        return text_copy(out_path, size, name);
    return format_text(out_path, size, "%s/%s", directory, name);
}

/* The file's name from `pattern`, which may begin with a plus. */
static void
name_file(const char *pattern)
{
    file.is_append = pattern[0] == '+';
    if (file.is_append)
        pattern++;
    file.is_unique = logname_is_unique(pattern);
    file.is_cut =
        log_name(pattern, file.path, sizeof(file.path)) >= sizeof(file.path);
}

/* "stderr", "stdout", "fd:5", "none", or a file's name. */
static void
choose_target(const char *pattern)
{
    uint64_t number;

    kind = LOG_DESCRIPTOR;
    if (pattern == NULL || process_is_secure() ||
        text_is_equal(pattern, "stderr")) {
        target = standard_error;
    } else if (text_is_equal(pattern, "stdout")) {
        look_at(&target, 1);
    } else if (text_is_equal(pattern, "none")) {
        kind = LOG_NONE;
    } else if (text_has_prefix(pattern, "fd:") &&
               text_read_u64(pattern + 3, strlen(pattern + 3), &number) == 0 &&
               number <= INT32_MAX) {
        if (number == 2)
            target = standard_error;
        else
            look_at(&target, (int)number);
    } else {
        kind = LOG_FILE;
        name_file(pattern);
    }
}

static void
open_held(void)
{
    if (!is_standard_error_seen) {
        look_at(&standard_error, 2);
        is_standard_error_seen = true;
    }
    logfile_forget(&file);
    dump_forget(false);
    file.log_child = (enum conf_log_child)conf_now()->log_child;
    has_complained = false;
    find_directory();
    choose_target(conf_now()->log);
}

void
report_open(void)
{
    enum log_hold hold = log_hold();

    if (hold == LOG_HOLD_NONE)
        return;
    if (file.start_ns == 0)
        file.start_ns = clock_unix();
    open_held();
    log_release(hold);
}

void
report_reopen(void)
{
    enum log_hold hold = log_hold();

    if (hold == LOG_HOLD_NONE)
        return;
    logfile_close(&file);
    open_held();
    log_release(hold);
}

void
report_child(unsigned forks)
{
    enum log_hold hold = log_hold();

    if (hold == LOG_HOLD_NONE)
        return;
    fork_count = forks;
    alert_forget();
    suppress_forget();
    names_reset();
    dump_forget(true);
    file.log_child = (enum conf_log_child)conf_now()->log_child;
    switch (file.log_child) {
    case CONF_LOG_CHILD_OFF:
        is_silent = true;
        logfile_close(&file);
        break;
    case CONF_LOG_CHILD_SHARE:
        break;
    case CONF_LOG_CHILD_SPLIT:
        if (kind != LOG_FILE)
            break;
        /* The parent goes on with its own open file; this is our copy of the
         * descriptor alone. */
        logfile_forget(&file);
        name_file(conf_now()->log);
        file.is_forked = true;
        file.start_ns = clock_unix();
        break;
    }
    log_release(hold);
}

/* ---- writing ---- */

/* The first line of a file says whose it is; a report says so itself, and a
 * document of JSON must stand alone. */
static int
write_first(const char *bytes, size_t n)
{
    /* Static, since stacks of handlers are small; guarded by report_lock. */
    static char line[LOGNAME_MAX + 128];
    static char program[LOGNAME_MAX];
    char pid[32];
    char when[32];
    size_t length =
        format_text(pid, sizeof(pid), "(pid %d)", thread_process_id());
    size_t seen = n < sizeof(line) ? n : sizeof(line);

    if (render_is_document(render_format()) ||
        words_contain(bytes, seen, pid, length))
        return logfile_write(&file, bytes, n);
    length =
        format_text(line, sizeof(line), "dbgmalloc %s: log of %s %s, %s\n\n",
                    render_version(), process_path(program, sizeof(program)),
                    pid, clock_text(when, sizeof(when), clock_unix()));
    if (length < sizeof(line)) {
        int result = logfile_write(&file, line, length);

        if (result != 0)
            return result;
    }
    return logfile_write(&file, bytes, n);
}

bool
log_put(const char *bytes, size_t n)
{
    int result = 0;

    if (is_silent || kind == LOG_NONE || n == 0)
        return true;
    /* A file that is a document of its own has no lines between. */
    if (log_is_stderr() ||
        (kind == LOG_FILE && render_is_whole(render_format()))) {
        log_stderr(bytes, n);
        return true;
    }
    if (kind == LOG_DESCRIPTOR) {
        result = write_guarded(&target, bytes, n);
        if (result == 0)
            return true;
        complain("write to", result);
    } else {
        result = file.was_open ? logfile_write(&file, bytes, n)
                               : write_first(bytes, n);
        if (result == 0)
            return true;
        if (file.is_none) {
            /* The parent has the log and told its children to be silent. */
            is_silent = true;
            return true;
        }
        complain(!file.is_open ? "open" : "write to", result);
        /* A disk that is full stays so; the report still has to be read. */
    }
    log_stderr(bytes, n);
    return false;
}

void
report_write(const char *bytes, size_t n)
{
    enum log_hold hold = log_hold();

    if (hold == LOG_HOLD_NONE) {
        log_stderr(bytes, n);
        return;
    }
    (void)log_put(bytes, n); /* it has said so itself */
    log_release(hold);
}

/* ---- questions ---- */

const char *
report_path(char *buffer, size_t size)
{
    if (kind == LOG_NONE)
        (void)text_copy(buffer, size, "none");
    else if (kind == LOG_FILE)
        (void)text_copy(buffer, size, file.path);
    else if (target.fd == 2)
        (void)text_copy(buffer, size, "stderr");
    else if (target.fd == 1)
        (void)text_copy(buffer, size, "stdout");
    else
        (void)format_text(buffer, size, "fd %d", target.fd);
    return buffer;
}

bool
report_is_file(void)
{
    return kind == LOG_FILE;
}

bool
log_is_stderr(void)
{
    return kind == LOG_DESCRIPTOR && target.fd == 2;
}

bool
log_is_none(void)
{
    return kind == LOG_NONE;
}

bool
log_is_silent(void)
{
    return is_silent;
}
