/*
 * tool/channel.c - the command's side of an attachment.
 */
#include "tool/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"
#include "tool/procfs.h"
#include "tool/tool.h"

#define CONTROL_MARK "/memfd:dbgmalloc.control"

#define PAUSE_NS 50000000L

/* An answer that is so late may not come at all. */
#define LOOK_NS UINT64_C(1000000000)

/* Descriptors of the process's that are looked at. */
#define FD_MOST 65536

int
channel_reach(int pid, int fd, int flags)
{
    char path[64];
    int ours;

    (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
    ours = open(path, flags | O_CLOEXEC);
    return ours < 0 ? -errno : ours;
}

int
channel_find(int pid)
{
    char path[96], link[64];
    int found = -ENOENT;

    for (int fd = 0; fd < FD_MOST && found < 0; fd++) {
        ssize_t n;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
        n = readlink(path, link, sizeof(link) - 1);
        if (n <= 0)
            continue;
        link[n] = '\0';
        if (strncmp(link, CONTROL_MARK, strlen(CONTROL_MARK)) == 0)
            found = fd;
    }
    return found;
}

/* What has ended, and nobody has asked how, is still there for kill. */
bool
channel_is_alive(const struct channel *channel)
{
    struct procfs_process process;

    return procfs_process(channel->pid, &process) == 0 &&
           process.state != 'Z' && process.state != 'X';
}

/* False if the process has replaced itself by another program: then nobody is
 * there to answer. Where it cannot be known it is still so. */
static bool
is_mapped(const struct channel *channel)
{
    char path[64], line[512];
    bool is_found = false;
    FILE *maps;

    (void)snprintf(path, sizeof(path), "/proc/%d/maps", channel->pid);
    maps = fopen(path, "r");
    if (maps == NULL)
        return true;
    while (!is_found && fgets(line, sizeof(line), maps) != NULL)
        is_found = strstr(line, CONTROL_MARK) != NULL;
    is_found |= ferror(maps) != 0;
    (void)fclose(maps); /* it was only read */
    return is_found;
}

/* channel_reach of one that the process has open if it is still there. */
static int
reach_own(const struct channel *channel, int fd)
{
    int ours = channel_reach(channel->pid, fd, O_RDWR);

    if (ours >= 0)
        return ours;
    if (!channel_is_alive(channel))
        return -ESRCH;
    return is_mapped(channel) ? ours : -ENXIO;
}

int
channel_open(struct channel *channel, int pid, int fd)
{
    struct control *control;
    int page, error = 0;

    *channel = (struct channel){.pid = pid, .log = -1};
    page = reach_own(channel, fd);
    if (page < 0)
        return page;
    control =
        mmap(NULL, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, page, 0);
    if (control == MAP_FAILED)
        error = -errno;
    (void)close(page); /* the mapping stays */
    if (error != 0)
        return error;
    channel->control = control;
    if (control->magic != CONTROL_MAGIC || control->version != CONTROL_VERSION)
        error = -EPROTO;
    if (error == 0) {
        channel->log = reach_own(channel, control->log_fd);
        error = channel->log < 0 ? channel->log : 0;
    }
    if (error != 0)
        channel_close(channel);
    return error;
}

void
channel_close(struct channel *channel)
{
    if (channel->control != NULL)
        (void)munmap(channel->control, CONTROL_BYTES); /* it was mapped */
    if (channel->log >= 0)
        (void)close(channel->log); /* only read */
    channel->control = NULL;
    channel->log = -1;
}

void
channel_beat(struct channel *channel)
{
    atomic_fetch_add(&channel->control->beat, 1);
}

void
channel_pause(void)
{
    const struct timespec pause = {0, PAUSE_NS};

    (void)nanosleep(&pause, NULL); /* a signal may end it early */
}

static bool
is_done(const struct control *control, uint32_t number)
{
    return (int32_t)(atomic_load(&control->done) - number) >= 0;
}

/* The process has given its page up, and answers no more: to one that it saw
 * in the midst of our asking it gave no number. */
static int
answer_without(const struct control *control, uint32_t request)
{
    if (atomic_load(&control->state) != CONTROL_DETACHED)
        return -ENXIO;
    return (request & CONTROL_DETACH) != 0 ? 0 : -ECONNRESET;
}

int
channel_ask(struct channel *channel, uint32_t request, uint64_t timeout_ns,
            bool (*is_wanted)(void))
{
    struct control *control = channel->control;
    uint32_t number = atomic_load(&control->asked) + 1;
    uint64_t end = clock_now() + timeout_ns;
    uint64_t look = clock_now() + LOOK_NS;

    atomic_fetch_or(&control->request, request);
    atomic_store(&control->asked, number);
    while (!is_done(control, number)) {
        channel_beat(channel);
        if (!channel_is_alive(channel))
            return -ESRCH;
        if (is_wanted != NULL && !is_wanted())
            return -EINTR;
        if (clock_now() >= end)
            return -ETIMEDOUT;
        if (clock_now() >= look) {
            if (!is_mapped(channel) && !is_done(control, number))
                return answer_without(control, request);
            look = clock_now() + LOOK_NS;
        }
        channel_pause();
    }
    return 0;
}

char *
channel_take(struct channel *channel)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return tool_text("%s", "");
    channel_show(channel, out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return tool_text("%s", "");
}

void
channel_show(struct channel *channel, FILE *out)
{
    char buffer[65536];
    ssize_t n;

    while ((n = pread(channel->log, buffer, sizeof(buffer), channel->read_to)) >
           0) {
        (void)fwrite(buffer, 1, (size_t)n, out);
        channel->read_to += n;
    }
    (void)fflush(out); /* a closed pipe shows as SIGPIPE or at the end */
}
