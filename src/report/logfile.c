/*
 * report/logfile.c - the log as a file of its own.
 *
 * The file is opened for appending and cut to nothing only under its lock,
 * which lasts as long as the open file: whoever meets a locked file knows that
 * a live process writes to it, and takes another name.
 */
#include "report/logfile.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/format.h"
#include "base/text.h"
#include "os/thread.h"
#include "report/lineage.h"
#include "report/words.h"

/* Names tried where each is held by a live process: PATH, PATH.PID, and
 * PATH.PID.2 and on for processes of the same number in another container. */
#define NAMES_TRIED 10

/* lineage_start may be late by so much. */
#define START_SLACK_NS UINT64_C(20000000)

/* Programs expect the low descriptors for themselves; where the limit forbids
 * a high one, the next best is taken. */
static int
open_high(const char *path)
{
    static const int least[] = {200, 100, 30, 3};
    int fd = -EMFILE;

    for (size_t i = 0; i < ARRAY_COUNT(least); i++) {
        fd = file_open(path, FILE_APPEND, least[i]);
        if (fd != -EMFILE && fd != -EINVAL)
            break;
    }
    return fd;
}

/*
 * True if the file that `fd` appends to holds what this process wrote before it
 * called exec: the start of the log names our process id, and the file was
 * written to after the kernel made this process.
 */
static bool
is_from_before_exec(const char *path, const struct file_identity *identity)
{
    char start[512];
    char wanted[40];
    uint64_t born = lineage_start();
    size_t length;
    long count;
    int fd;

    if (born == 0 || identity->mtime_ns + START_SLACK_NS < born)
        return false;
    fd = file_open(path, FILE_READ, 3);
    if (fd < 0)
        return false;
    count = file_read(fd, start, sizeof(start));
    file_close(fd);
    if (count <= 0)
        return false;
    length =
        format_text(wanted, sizeof(wanted), "(pid %d)", thread_process_id());
    if (words_contain(start, (size_t)count, wanted, length))
        return true;
    length = format_text(wanted, sizeof(wanted), "\"pid\": %d,",
                         thread_process_id());
    return words_contain(start, (size_t)count, wanted, length);
}

static int
make_empty(struct logfile *file, int fd, const struct file_identity *identity)
{
    if (file->is_append || file->was_open || identity->size == 0)
        return 0;
    /* The kernel's time stamps lag behind the clock and never lead. */
    if (identity->mtime_ns > file->start_ns ||
        is_from_before_exec(file->path, identity))
        return 0;
    return file_truncate(fd, 0);
}

/* Open file->path and make it ours. -EWOULDBLOCK: another process has it. */
static int
open_named(struct logfile *file)
{
    struct file_identity identity;
    bool is_regular;
    bool is_shared = false;
    int fd = open_high(file->path);
    int result;

    if (fd < 0)
        return fd;
    result = file_identify(fd, &identity);
    is_regular = (identity.mode & S_IFMT) == S_IFREG;
    if (result == 0 && is_regular) {
        /* A file system without locks is no reason to say nothing. */
        result = file_try_lock(fd) == -EWOULDBLOCK ? -EWOULDBLOCK : 0;
        if (result == -EWOULDBLOCK && file->log_child == CONF_LOG_CHILD_SHARE) {
            is_shared = true;
            result = 0;
        }
        if (result == 0 && !is_shared)
            result = make_empty(file, fd, &identity);
    }
    if (result != 0) {
        file_close(fd);
        return result;
    }
    file->fd = fd;
    file->identity = identity;
    file->is_open = true;
    file->was_open = true;
    return 0;
}

/* Where PATH is a terminal or the like, everybody writes to it. */
static bool
is_special(const char *path)
{
    struct file_identity identity;

    return file_identify_path(path, &identity) == 0 &&
           (identity.mode & S_IFMT) != S_IFREG;
}

/* Put the process id, and from the third try a number, after the name.
 * `length`: of the name without them. */
static int
add_suffix(struct logfile *file, size_t length, int attempt)
{
    char suffix[40];

    if (attempt == 1)
        (void)format_text(suffix, sizeof(suffix), ".%d", thread_process_id());
    else
        (void)format_text(suffix, sizeof(suffix), ".%d.%d", thread_process_id(),
                          attempt);
    if (text_copy(file->path + length, sizeof(file->path) - length, suffix) >=
        sizeof(file->path) - length)
        return -ENAMETOOLONG;
    return 0;
}

static int
open_first(struct logfile *file)
{
    size_t length = strlen(file->path);
    int attempt = 0;
    int result = -EWOULDBLOCK;

    if (!file->is_unique && !is_special(file->path)) {
        bool is_child = file->is_forked || lineage_is_child();

        if (is_child && file->log_child == CONF_LOG_CHILD_SPLIT)
            attempt = 1;
        if (is_child && file->log_child == CONF_LOG_CHILD_OFF) {
            file->is_none = true;
            return -EWOULDBLOCK;
        }
    }
    for (; attempt < NAMES_TRIED && result == -EWOULDBLOCK; attempt++) {
        if (attempt > 0 && add_suffix(file, length, attempt) != 0)
            return -ENAMETOOLONG;
        result = open_named(file);
    }
    if (result != 0)
        file->path[length] = '\0'; /* the next write tries anew */
    return result;
}

static int
open_file(struct logfile *file)
{
    if (file->is_cut)
        return -ENAMETOOLONG;
    /* Our file was closed behind our back: the name is settled, and what it
     * holds is ours. */
    if (file->was_open) {
        int result = open_named(file);

        if (result != -EWOULDBLOCK)
            return result;
        file->was_open = false;
    }
    return open_first(file);
}

static bool
is_ours(const struct logfile *file)
{
    struct file_identity now;

    return file->is_open && file_identify(file->fd, &now) == 0 &&
           file_is_same(&now, &file->identity);
}

int
logfile_write(struct logfile *file, const char *bytes, size_t n)
{
    int result;

    if (!is_ours(file)) {
        /* The descriptor is the program's now, so it is not closed. */
        file->is_open = false;
        result = open_file(file);
        if (result != 0)
            return result;
    }
    result = file_write(file->fd, bytes, n);
    if (result != -EBADF)
        return result;
    /* The program has the same file open for reading under our number. */
    file->is_open = false;
    result = open_file(file);
    return result != 0 ? result : file_write(file->fd, bytes, n);
}

void
logfile_close(struct logfile *file)
{
    if (is_ours(file))
        file_close(file->fd);
    file->is_open = false;
}

void
logfile_forget(struct logfile *file)
{
    logfile_close(file);
    file->was_open = false;
    file->is_none = false;
    file->is_forked = false;
}
