/*
 * report/whole.c - a file that is only ever there whole.
 */
#include "report/whole.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/format.h"
#include "base/text.h"
#include "conf/conf.h"
#include "os/file.h"
#include "os/process.h"
#include "os/thread.h"
#include "report/lineage.h"
#include "report/log.h"

/* The kernel's time stamps lag behind the clock by a tick at most. */
#define CLOCK_SLACK_NS UINT64_C(20000000)

static bool
is_special(const char *path)
{
    struct file_identity identity;

    return file_identify_path(path, &identity) == 0 &&
           (identity.mode & S_IFMT) != S_IFREG;
}

/* Another process of the same run wrote it: it is newer than this process. */
static bool
is_of_this_run(const char *path)
{
    struct file_identity identity;
    uint64_t born = lineage_start();

    return born != 0 && file_identify_path(path, &identity) == 0 &&
           identity.mtime_ns > born + CLOCK_SLACK_NS;
}

static int
choose_path(struct whole *file, const char *pattern)
{
    char suffix[24];
    size_t length = log_name(pattern, file->path, sizeof(file->path));

    if (length + sizeof(suffix) >= sizeof(file->path)) {
        file->path[0] = '\0';
        return -ENAMETOOLONG;
    }
    if (logname_is_unique(pattern) || is_special(file->path))
        return 0;
    if (!file->is_forked && !lineage_is_child() && !is_of_this_run(file->path))
        return 0;
    (void)format_text(suffix, sizeof(suffix), ".%d", thread_process_id());
    (void)text_copy(file->path + length, sizeof(file->path) - length, suffix);
    return 0;
}

static int
write_open(int fd, const char *bytes, size_t n)
{
    int result;

    if (fd < 0)
        return fd;
    result = file_write(fd, bytes, n);
    file_close(fd);
    return result;
}

static int
write_beside(const char *path, const char *bytes, size_t n)
{
    char part[LOGNAME_MAX + 32];
    int result;

    (void)format_text(part, sizeof(part), "%s.%d.part", path,
                      thread_process_id());
    result = file_open(part, FILE_NEW, 3);
    if (result == -EEXIST && file_remove(part) == 0)
        /* Left by a process of our number that was killed. */
        result = file_open(part, FILE_NEW, 3);
    if (result < 0)
        return result;
    result = write_open(result, bytes, n);
    if (result == 0)
        result = file_rename(part, path);
    if (result != 0)
        (void)!file_remove(part); /* the failure before is what is said */
    return result;
}

static void
complain(struct whole *file, const char *pattern, int error)
{
    char line[512];
    const char *reason = log_error_text(error);
    const char *path = file->path[0] != '\0' ? file->path : pattern;
    size_t n;

    if (file->has_complained)
        return;
    file->has_complained = true;
    if (reason != NULL)
        n = format_text(line, sizeof(line), "dbgmalloc: cannot write %s: %s\n",
                        path, reason);
    else
        n = format_text(line, sizeof(line),
                        "dbgmalloc: cannot write %s: error %d\n", path, -error);
    log_stderr(line, n < sizeof(line) ? n : sizeof(line) - 1);
}

int
whole_write(struct whole *file, const char *pattern, const char *bytes,
            size_t n)
{
    int result = 0;

    if (process_is_secure())
        return -EPERM;
    if (file->path[0] == '\0')
        result = choose_path(file, pattern);
    if (result == 0 && is_special(file->path))
        result = write_open(file_open(file->path, FILE_APPEND, 3), bytes, n);
    else if (result == 0)
        result = write_beside(file->path, bytes, n);
    if (result != 0)
        complain(file, pattern, result);
    return result;
}

void
whole_forget(struct whole *file, bool is_forked)
{
    file->path[0] = '\0';
    file->is_forked = is_forked;
    file->has_complained = false;
}
