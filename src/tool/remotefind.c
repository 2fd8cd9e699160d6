/*
 * tool/remotefind.c - which thread can be stopped, and where.
 */
#include "tool/remotefind.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "os/clock.h"
#include "os/remote.h"
#include "tool/remotewalk.h"
#include "tool/seccomp.h"

/* A thread that does not stop for so long is not the right one. */
#define STOP_WAIT_NS UINT64_C(1000000000)

#define CALL_WAIT_NS UINT64_C(3000000)
#define ROUND_PAUSE_NS 2000000

/* Errors that the kernel turns into a restart of the call (Linux
 * include/linux/errno.h): ERESTARTSYS to ERESTART_RESTARTBLOCK. */
#define RESTART_FIRST 512
#define RESTART_LAST 516

/* What must be free below a stack pointer for a call on the thread's stack. */
#define STACK_LEAST ((size_t)64 << 10)

#define MASK_OF(signal) (UINT64_C(1) << ((signal)-1))

/* Ignored where the program says nothing of them. */
#define MASK_IGNORED                                                           \
    (MASK_OF(SIGCHLD) | MASK_OF(SIGCONT) | MASK_OF(SIGURG) | MASK_OF(SIGWINCH))

static const unsigned char call_code[] = {ARCH_CALL_CODE};

/* ---- what /proc says of a thread ---- */

struct status {
    char state; /* '\0': it is gone */
    unsigned long long thread_pending, process_pending;
    unsigned long long blocked, ignored, caught;
    int process, thread; /* numbers in its own pid namespace */
};

/* The last number of a line "NSpid: 1 2 3". */
static void
parse_inner(const char *line, const char *label, int *out)
{
    const char *last = strrchr(line, '\t');

    if (strncmp(line, label, strlen(label)) == 0 && last != NULL)
        *out = atoi(last + 1);
}

static struct status
read_status(int pid, int tid)
{
    struct status status = {.process = pid, .thread = tid};
    char path[64], line[256];
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
    file = fopen(path, "re");
    if (file == NULL)
        return status;
    while (fgets(line, sizeof(line), file) != NULL) {
        (void)sscanf(line, "State: %c", &status.state);
        (void)sscanf(line, "SigPnd: %llx", &status.thread_pending);
        (void)sscanf(line, "ShdPnd: %llx", &status.process_pending);
        (void)sscanf(line, "SigBlk: %llx", &status.blocked);
        (void)sscanf(line, "SigIgn: %llx", &status.ignored);
        (void)sscanf(line, "SigCgt: %llx", &status.caught);
        parse_inner(line, "NStgid:", &status.process);
        parse_inner(line, "NSpid:", &status.thread);
    }
    (void)fclose(file); /* only read */
    return status;
}

void
remotefind_ids(const struct remotecall *remote, int *out_process,
               int *out_thread)
{
    struct status status = read_status(remote->pid, remote->tid);

    *out_process = status.process;
    *out_thread = status.thread;
}

/* Is there a signal, `signal` (0: none) or a pending one, that would have
 * reached the thread without us? */
static bool
has_signal(const struct remotecall *remote, int signal)
{
    struct status status = read_status(remote->pid, remote->tid);
    uint64_t pending = status.thread_pending | status.process_pending;

    pending &= ~status.blocked;
    if (signal != 0)
        pending |= MASK_OF(signal);
    return (pending & ~(status.ignored | (MASK_IGNORED & ~status.caught))) != 0;
}

/* ---- a thread that stands, and its call ---- */

static bool
is_call_at(const struct remotecall *remote, uintptr_t addr)
{
    unsigned char bytes[sizeof(call_code)];

    return remote_read(remote->pid, addr, bytes, sizeof(bytes)) ==
               sizeof(bytes) &&
           memcmp(bytes, call_code, sizeof(bytes)) == 0;
}

static bool
is_restarted(const struct arch_remote *registers)
{
    int64_t result = arch_remote_result(registers);

    return registers->call >= 0 && result <= -RESTART_FIRST &&
           result >= -RESTART_LAST;
}

/* Did its call end because we stopped it, for good? epoll_wait and a few others
 * are not restarted by the kernel. */
static bool
is_ended_by_us(const struct remotecall *remote,
               const struct arch_remote *registers, int signal)
{
    return registers->call >= 0 && arch_remote_result(registers) == -EINTR &&
           registers->call != SYS_close && !has_signal(remote, signal);
}

static uintptr_t
call_site(const struct arch_remote *registers)
{
    return arch_remote_pc(registers) - ARCH_CALL_BYTES;
}

/* The thread stands in or before a system call: note what it is to get back. */
static void
save_state(struct remotecall *remote, const struct arch_remote *registers)
{
    remote->saved = remote->fallback = *registers;
    if (is_restarted(registers)) {
        arch_remote_replay(&remote->fallback, call_site(registers));
    } else if (is_ended_by_us(remote, registers, 0)) {
        arch_remote_replay(&remote->saved, call_site(registers));
        remote->fallback = remote->saved;
    }
}

/* Let the thread that stands go on with `signal` (0: none). */
static void
let_go(struct remotecall *remote, int signal)
{
    struct arch_remote registers;

    if (!remote->is_at_entry &&
        remote_get_registers(remote->tid, &registers) == 0 &&
        is_ended_by_us(remote, &registers, signal)) {
        arch_remote_replay(&registers, call_site(&registers));
        if (remote_set_registers(remote->tid, &registers) != 0)
            return; /* it is gone */
    }
    (void)remote_detach(remote->tid, signal); /* as above */
    remote->stopped_ns += clock_now() - remote->since_ns;
}

void
remotefind_let_go(struct remotecall *remote)
{
    let_go(remote, 0);
}

/* ---- is it the right one? ---- */

/* Calls that the thread does not come back from, or not alone. */
static bool
is_call_of_no_return(int64_t call)
{
    switch (call) {
    case SYS_exit:
    case SYS_exit_group:
    case SYS_execve:
    case SYS_execveat:
    case SYS_clone:
    case SYS_clone3:
    case SYS_rt_sigreturn:
#ifdef SYS_fork
    case SYS_fork:
    case SYS_vfork:
#endif
        return true;
    default:
        return false;
    }
}

/* There is room below the stack pointer, and what lies there is the thread's
 * own stack: the main one, or one that its control block lies on top of. A
 * coroutine's may be smaller than it looks. */
static bool
has_room(const struct remotecall *remote, const struct arch_remote *registers)
{
    uintptr_t sp = arch_remote_sp(registers);
    uintptr_t self = arch_remote_thread_pointer(registers);
    const struct remotemap_region *region = remotemap_region(remote->map, sp);

    if (region == NULL || !region->writable)
        return false;
    if (strcmp(region->path, "[stack]") == 0)
        return true;
    return sp - region->start >= STACK_LEAST &&
           (self == 0 || (self >= sp && self < region->end));
}

/* Wait for a stop. After 0 the thread stands at one that is ours; another errno
 * than -ETIMEDOUT: it goes on, or is gone. */
static int
wait_stop(struct remotecall *remote, uint64_t timeout_ns,
          struct remote_stop *out_stop)
{
    int error = remote_wait(remote->tid, timeout_ns, out_stop);

    if (error != 0)
        return error;
    if (out_stop->kind == REMOTE_STOP_ENDED)
        return -ESRCH;
    remote->is_at_entry = out_stop->is_entry;
    if (out_stop->kind != REMOTE_STOP_SIGNAL)
        return 0;
    let_go(remote, out_stop->signal);
    return remotecall_fail(remote, -EAGAIN, "thread %d got a signal",
                           remote->tid);
}

/* Run the thread, which computes, to its next system call. As wait_stop. */
static int
run_to_call(struct remotecall *remote, struct arch_remote *out)
{
    struct remote_stop stop;
    int error = remote_go(remote->tid, REMOTE_GO_TO_CALL, 0);
    bool is_late;

    if (error == 0)
        error = wait_stop(remote, CALL_WAIT_NS, &stop);
    is_late = error == -ETIMEDOUT;
    if (is_late) {
        error = remote_interrupt(remote->tid);
        if (error == 0)
            error = wait_stop(remote, REMOTECALL_RETURN_NS, &stop);
    }
    if (error == 0)
        error = remote_get_registers(remote->tid, out);
    if (error != 0)
        return error;
    if (is_late || !stop.is_entry || is_call_of_no_return(out->call)) {
        let_go(remote, 0);
        return remotecall_fail(remote, -EAGAIN,
                               "thread %d came to no system call", remote->tid);
    }
    remote->saved = *out;
    arch_remote_replay(&remote->saved, call_site(out));
    remote->fallback = remote->saved;
    return 0;
}

/* Stop the thread, and bring it to a boundary. As wait_stop. */
static int
reach_boundary(struct remotecall *remote, struct arch_remote *out)
{
    struct remote_stop stop;
    int error = remote_interrupt(remote->tid);

    if (error == 0)
        error = wait_stop(remote, STOP_WAIT_NS, &stop);
    if (error == -ETIMEDOUT)
        return remotecall_fail(remote, -EAGAIN, "thread %d did not stop",
                               remote->tid);
    if (error == 0)
        error = remote_get_registers(remote->tid, out);
    if (error != 0)
        return error;
    if (out->call < 0 && !is_call_at(remote, arch_remote_pc(out)))
        return run_to_call(remote, out);
    save_state(remote, out);
    return 0;
}

/* Stop one thread, and keep it if it is at a safe point: 0. */
static int
try_thread(struct remotecall *remote, int tid)
{
    struct status status = read_status(remote->pid, tid);
    struct arch_remote registers;
    enum remotewalk_place place;
    int error;

    remote->tid = tid;
    remote->is_at_entry = false;
    remote->since_ns = clock_now();
    /* It would stop when the kernel is done with it, and we may be gone. */
    if (status.state == 'D')
        return remotecall_fail(remote, -EAGAIN,
                               "thread %d waits for a disk, or for a child of "
                               "vfork",
                               tid);
    if (status.state == '\0' || status.state == 'Z' || status.state == 'X')
        return remotecall_fail(remote, -ESRCH, "thread %d has ended", tid);
    error = remote_seize(tid);
    if (error != 0)
        return remotecall_fail(remote, error, "thread %d cannot be traced: %s",
                               tid, strerror(-error));
    error = reach_boundary(remote, &registers);
    if (error == -ESRCH)
        return remotecall_fail(remote, error, "thread %d has ended", tid);
    if (error != 0)
        return error;
    error = seccomp_check(remote->pid, tid, remote->why, sizeof(remote->why));
    place = remotewalk_place(remote->map, &registers);
    if (error == 0 && place == REMOTEWALK_SAFE && has_room(remote, &registers))
        return 0;
    let_go(remote, 0);
    if (error != 0)
        return error;
    return remotecall_fail(remote, -EAGAIN, "thread %d was %s", tid,
                           place != REMOTEWALK_SAFE
                               ? remotewalk_words(place)
                               : "on a stack of its own making");
}

/* -EAGAIN where none of the threads that there are now will do. */
static int
try_threads(struct remotecall *remote)
{
    struct dirent *entry;
    int error = -ESRCH;
    char path[64];
    DIR *directory;

    (void)snprintf(path, sizeof(path), "/proc/%d/task", remote->pid);
    directory = opendir(path);
    if (directory == NULL)
        return remotecall_fail(remote, -errno,
                               "its threads cannot be listed: %s",
                               strerror(errno));
    while ((entry = readdir(directory)) != NULL) {
        int tid = atoi(entry->d_name);

        if (tid <= 0)
            continue;
        error = try_thread(remote, tid);
        if (error != -EAGAIN && error != -ESRCH)
            break;
    }
    (void)closedir(directory);
    return error;
}

int
remotefind_thread(struct remotecall *remote, uint64_t timeout_ns)
{
    uint64_t end = clock_now() + timeout_ns;
    const struct timespec pause = {0, ROUND_PAUSE_NS};
    int error;

    for (;;) {
        error = try_threads(remote);
        if (error == 0 && remotemap_is_current(remote->map))
            return 0;
        if (error == 0)
            let_go(remote, 0);
        else if (error != -EAGAIN && error != -ESRCH)
            return error;
        if (!remotemap_is_current(remote->map))
            return remotecall_fail(remote, -ENOEXEC,
                                   "it became another program");
        if (clock_now() >= end)
            return -ETIMEDOUT;
        (void)nanosleep(&pause, NULL); /* shorter does no harm */
    }
}
