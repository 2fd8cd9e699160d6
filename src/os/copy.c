/*
 * os/copy.c - a copy of this process that looks at its memory as it was at one
 * instant, and sends what it finds through a pipe.
 */
#include "os/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include "os/call.h"
#include "os/file.h"
#include "os/process.h"
#include "os/signal.h"
#include "os/tasks.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* How much the copy gives way: as much as nice does unasked. */
#define COPY_NICE 10

/* Where close_range is missing, descriptors up to here are closed. */
#define COPY_FD_MOST 65536

int
copy_begin(struct copy *copy, int *out_writing_end)
{
    int ends[2];
    int error = (int)CALL_2(SYS_pipe2, ends, O_CLOEXEC);

    if (error != 0)
        return error;
    copy->pid = -1;
    copy->fd = ends[0];
    *out_writing_end = ends[1];
    return 0;
}

void
copy_abandon(struct copy *copy, int writing_end)
{
    file_close(copy->fd);
    file_close(writing_end);
}

int
copy_make(struct copy *copy, int writing_end)
{
    uint64_t mask = signal_block_mask(signal_heard());
    long pid = CALL_5(SYS_clone, 0, 0, 0, 0, 0);

    if (pid == 0) {
        (void)signal_block_all();
        copy->pid = 0;
        copy->fd = writing_end;
        return 0;
    }
    signal_restore(mask);
    file_close(writing_end);
    if (pid < 0) {
        file_close(copy->fd);
        return (int)pid;
    }
    copy->pid = (int)pid;
    return 0;
}

static void
close_others(int kept)
{
    long error = CALL_3(SYS_close_range, kept + 1, ~0U, 0);

    if (error == 0 && kept > 0)
        error = CALL_3(SYS_close_range, 0, kept - 1, 0);
    if (error == 0)
        return;
    for (int fd = 0; fd < COPY_FD_MOST; fd++) {
        if (fd != kept)
            (void)CALL_1(SYS_close, fd);
    }
}

void
copy_settle(const struct copy *copy, bool background)
{
    static const char most[] = "1000\n";
    int fd;

    /* All of these are kindness: where one is refused the work goes on. */
    (void)CALL_5(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    close_others(copy->fd);
    if (background)
        (void)CALL_3(SYS_setpriority, PRIO_PROCESS, 0, COPY_NICE);
    fd = file_open("/proc/self/oom_score_adj", FILE_WRITE, 3);
    if (fd >= 0) {
        (void)!file_write(fd, most, sizeof(most) - 1);
        file_close(fd);
    }
}

int
copy_send(const struct copy *copy, const void *bytes, size_t n)
{
    return file_write(copy->fd, bytes, n);
}

bool
copy_wait(const struct copy *copy, uint64_t timeout_ns)
{
    const struct timespec timeout = {(time_t)(timeout_ns / 1000000000),
                                     (long)(timeout_ns % 1000000000)};
    struct pollfd waited = {.fd = copy->fd, .events = POLLIN};

    /* Failed: then receiving will tell. */
    return CALL_5(SYS_ppoll, &waited, 1, &timeout, NULL, 0) != 0;
}

int
copy_receive(const struct copy *copy, void *bytes, size_t n)
{
    char *to = bytes;

    while (n > 0) {
        long got = file_read(copy->fd, to, n);

        if (got <= 0)
            return got < 0 ? (int)got : -EPIPE;
        to += got;
        n -= (size_t)got;
    }
    return 0;
}

void
copy_end(void)
{
    process_exit(0);
}

void
copy_finish(struct copy *copy, int *out_signal)
{
    int status = 0;
    long result;

    file_close(copy->fd);
    (void)CALL_2(SYS_kill, copy->pid, SIGKILL); /* most often it has ended */
    do {
        result = CALL_4(SYS_wait4, copy->pid, &status, __WCLONE, NULL);
    } while (result == -EINTR);
    *out_signal = result > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    copy->pid = -1;
}
