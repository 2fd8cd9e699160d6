/*
 * tool/remotecall.h - have a thread of another process call functions.
 *
 * A thread is stopped where it is about to make a system call, or waits in one,
 * with nothing on its stack that holds a lock of the loader's or an
 * allocator's; the others run on. It calls each function on a stack of its own
 * in memory that it mapped for that, and then gets everything back as it was:
 * registers, vector registers, signal mask; the interrupted system call goes
 * on, and does not fail with EINTR.
 *
 * It survives its own death. At no instant is the thread in a state from which
 * it would not, left alone, finish what it is at and return to what it was
 * doing: the last thing that it runs is always the system call that ends a
 * signal handler, with a frame that holds all of its registers. What is lost
 * then are the upper halves of vector registers, which no system call's caller
 * relies on.
 *
 * Source: the way to stop and to resume is ptrace(2)'s; the return frame is
 * ours, after the kernel's signal delivery.
 * Thread: one at a time; the one that began must end.
 */
#ifndef TOOL_REMOTECALL_H
#define TOOL_REMOTECALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/arch/arch.h"
#include "tool/remotemap.h"

#define REMOTECALL_WHY_MAX 256
#define REMOTECALL_VECTORS_MAX 32768
#define REMOTECALL_FLOATS_MAX 1024

/* A thread that runs for us comes back: all that it lacks is a CPU, which
 * others may want for long. It is not given up before. */
#define REMOTECALL_RETURN_NS UINT64_C(30000000000)

struct remotecall {
    int pid;
    int tid;
    struct remotemap *map;
    const char *step;             /* what is being done: for messages */
    char why[REMOTECALL_WHY_MAX]; /* what went wrong, a sentence's end */
    uint64_t stopped_ns;          /* how long the thread was away, in all */

    /* The stopped thread, as it was. */
    struct arch_remote saved;
    struct arch_remote fallback; /* the same, if nobody restarts its call */
    uint64_t mask;
    unsigned char vectors[REMOTECALL_VECTORS_MAX];
    size_t vectors_size;
    unsigned char floats[REMOTECALL_FLOATS_MAX];
    size_t floats_size;
    uint64_t since_ns;
    bool is_at_entry; /* it stands before a system call */

    /* The memory that it mapped for us. */
    uintptr_t data;           /* writable */
    uintptr_t code;           /* the trampoline */
    bool is_running;          /* it is inside a call that we begin */
    bool is_at_signal;        /* it stands where a signal would be delivered */
    bool has_urgent;          /* a SIGURG of the program's came meanwhile */
    int inner_pid, inner_tid; /* in its own pid namespace */
    bool is_lost;             /* it did not come back in time */
};

/*
 * remotecall_begin - stop a thread of map->pid at a safe point and have it map
 * memory for us.
 *
 * timeout_ns: how long to look for one.
 * Returns 0; -ETIMEDOUT if no thread came to one; -ENOEXEC if the process has
 * become another program than the map was read of, or has no libc; or another
 * negative errno. why and step say more. After a failure the target is as it
 * was.
 */
int MUST_CHECK remotecall_begin(struct remotecall *remote,
                                struct remotemap *map, uint64_t timeout_ns);

/* Bytes that the caller may put at remotecall_scratch. */
#define REMOTECALL_SCRATCH_BYTES 4096

/* remotecall_put - copy `n` bytes (up to REMOTECALL_SCRATCH_BYTES) to the
 * target; their
 * address there, or 0. They stay until the next call of this. */
uintptr_t remotecall_put(struct remotecall *remote, const void *bytes,
                         size_t n);

/*
 * remotecall_run - have the thread call `function` with up to four arguments.
 *
 * Returns 0 and its result; -ETIMEDOUT if it does not return in time (it will
 * go on by itself, and nothing else can be asked of it); -EFAULT if it crashed,
 * which is undone.
 */
int MUST_CHECK remotecall_run(struct remotecall *remote, uintptr_t function,
                              const uint64_t arguments[4], uint64_t timeout_ns,
                              int64_t *out_result);

/* remotecall_fail - `error`, with what went wrong for remote->why. */
int remotecall_fail(struct remotecall *remote, int error, const char *format,
                    ...) PRINTF_LIKE(3, 4);

/* remotecall_end - give the thread everything back and let it go. */
void remotecall_end(struct remotecall *remote);

#endif
