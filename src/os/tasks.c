/*
 * os/tasks.c - the threads of this process as the kernel tells of them in
 * /proc/self/task.
 *
 * The directory is read by getdents64 into a buffer on the stack, for libc's
 * readdir allocates.
 */
#include "os/tasks.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "base/format.h"
#include "base/text.h"
#include "os/call.h"
#include "os/file.h"

#define TASKS_BUFFER 2048
#define TASKS_STATUS_MAX 4096

/* The kernel's struct linux_dirent64. */
struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
};

/* Visit the entries of one buffer; false if `visit` had enough. */
static bool
visit_entries(const char *bytes, long n, bool (*visit)(int, void *),
              void *context, long *count)
{
    for (long at = 0; at < n;) {
        const struct entry *entry = (const void *)(bytes + at);
        uint64_t tid;

        at += entry->size;
        if (text_read_u64(entry->name, strlen(entry->name), &tid) != 0)
            continue; /* "." and ".." */
        ++*count;
        if (!visit((int)tid, context))
            return false;
    }
    return true;
}

long
tasks_each(bool (*visit)(int tid, void *context), void *context)
{
    char bytes[TASKS_BUFFER] __attribute__((aligned(8)));
    long fd = CALL_4(SYS_openat, AT_FDCWD, "/proc/self/task",
                     O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
    long count = 0;
    long n;

    if (fd < 0)
        return fd;
    do {
        n = CALL_3(SYS_getdents64, fd, bytes, sizeof(bytes));
    } while (n > 0 && visit_entries(bytes, n, visit, context, &count));
    (void)CALL_1(SYS_close, fd); /* it was only read */
    return n < 0 ? n : count;
}

/* The number at *text, decimal or 0x..., which moves behind it; false if there
 * is none. */
static bool
read_number(const char **text, uint64_t *out_value)
{
    const char *at = *text;
    unsigned base = 10;
    uint64_t value = 0;
    bool any = false;

    while (*at == ' ' || *at == '\t')
        at++;
    if (at[0] == '0' && at[1] == 'x') {
        base = 16;
        at += 2;
    }
    for (;; at++) {
        unsigned digit;

        if (*at >= '0' && *at <= '9')
            digit = (unsigned)(*at - '0');
        else if (base == 16 && *at >= 'a' && *at <= 'f')
            digit = (unsigned)(*at - 'a') + 10;
        else
            break;
        value = value * base + digit;
        any = true;
    }
    *text = at;
    *out_value = value;
    return any;
}

/* What follows `label` in the text of a status file, or NULL. */
static const char *
field(const char *text, const char *label)
{
    const char *at = strstr(text, label);

    return at == NULL ? NULL : at + strlen(label);
}

/* The signals that follow `label`, 16 hex digits; none if it is not there. */
static uint64_t
read_signals(const char *text, const char *label)
{
    uint64_t signals = 0;

    for (const char *at = field(text, label); at != NULL && *at > ' '; at++)
        signals =
            signals << 4 | (unsigned)(*at <= '9' ? *at - '0' : *at - 'a' + 10);
    return signals;
}

static int
read_status(int tid, struct tasks_look *look)
{
    char path[48];
    char text[TASKS_STATUS_MAX];
    const char *at;
    long n;

    (void)format_text(path, sizeof(path), "/proc/self/task/%d/status", tid);
    n = file_read_whole(path, text, sizeof(text));
    if (n < 0)
        return n == -ENOENT ? -ESRCH : (int)n;
    at = field(text, "\nState:\t");
    if (at == NULL)
        return -EINVAL;
    look->state = *at;
    look->pending = read_signals(at, "\nSigPnd:\t");
    look->blocked = read_signals(at, "\nSigBlk:\t");
    return 0;
}

/* "running", "-1 sp pc", or "number six-arguments sp pc". */
static void
read_call(int tid, struct tasks_look *look)
{
    char path[48];
    char text[256];
    const char *at = text;
    uint64_t value;

    (void)format_text(path, sizeof(path), "/proc/self/task/%d/syscall", tid);
    if (file_read_whole(path, text, sizeof(text)) <= 0)
        return;
    if (at[0] == '-') {
        at += 2; /* "-1": it sleeps, and not in a call (a page fault) */
    } else {
        if (!read_number(&at, &value))
            return; /* it runs */
        look->call = (long)value;
        for (unsigned i = 0; i < 6; i++) {
            if (!read_number(&at, &value))
                return;
            look->arguments[i] = (uintptr_t)value;
        }
    }
    if (!read_number(&at, &value))
        return;
    look->sp = (uintptr_t)value;
    if (!read_number(&at, &value))
        return;
    look->pc = (uintptr_t)value;
    look->has_place = look->sp != 0;
}

int
tasks_look(int tid, struct tasks_look *out_look)
{
    struct tasks_look look = {.call = -1};
    int error;

    /* The place first: if the thread slept there and still blocks what it
     * blocks, the two belong together. */
    read_call(tid, &look);
    error = read_status(tid, &look);
    if (error != 0)
        return error;
    if (look.state == 'Z' || look.state == 'X')
        return -ESRCH;
    *out_look = look;
    return 0;
}
