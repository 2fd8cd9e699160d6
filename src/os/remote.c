/*
 * os/remote.c - another process: its memory, and its threads stopped by ptrace.
 */
#include "os/remote.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "base/format.h"
#include "os/call.h"
#include "os/clock.h"

/* remote_wait looks this often: first after the shorter time, then each time
 * later. */
#define LOOK_NS_FIRST 20000
#define LOOK_NS_LAST 1000000

#define MASK_BYTES sizeof(uint64_t)
#define PATH_SIZE 32

static long
trace(long request, int tid, uintptr_t addr, const void *data)
{
    return CALL_4(SYS_ptrace, request, tid, addr, (uintptr_t)data);
}

/* ---- memory ---- */

size_t
remote_read(int pid, uintptr_t addr, void *buffer, size_t n)
{
    size_t done = 0;

    /* The kernel copies whole pieces only, so what is not there costs one
     * more try, up to the end of the page. */
    while (done < n) {
        struct iovec ours = {(char *)buffer + done, n - done};
        struct iovec theirs = {(void *)(addr + done), n - done};
        long got = CALL_6(SYS_process_vm_readv, pid, &ours, 1, &theirs, 1, 0);

        if (got <= 0) {
            size_t page = 4096 - ((addr + done) & 4095);

            if (page >= n - done)
                return done;
            ours.iov_len = theirs.iov_len = page;
            got = CALL_6(SYS_process_vm_readv, pid, &ours, 1, &theirs, 1, 0);
            if (got <= 0)
                return done;
        }
        done += (size_t)got;
    }
    return done;
}

/* process_vm_writev respects the protection of the target's pages; the file
 * does as a debugger must. */
int
remote_write(int pid, uintptr_t addr, const void *bytes, size_t n)
{
    struct iovec ours = {(void *)(uintptr_t)bytes, n};
    struct iovec theirs = {(void *)addr, n};
    char path[PATH_SIZE];
    long fd, got;

    if (CALL_6(SYS_process_vm_writev, pid, &ours, 1, &theirs, 1, 0) == (long)n)
        return 0;
    (void)format_text(path, sizeof(path), "/proc/%d/mem", pid);
    fd = CALL_3(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return (int)fd;
    got = CALL_4(SYS_pwrite64, fd, bytes, n, addr);
    (void)CALL_1(SYS_close, fd); /* nothing of it is kept */
    if (got < 0)
        return (int)got;
    return got == (long)n ? 0 : -EFAULT;
}

long
remote_text(int pid, uintptr_t addr, char *buffer, size_t size)
{
    size_t n = remote_read(pid, addr, buffer, size - 1);

    if (n == 0)
        return -EFAULT;
    buffer[n] = '\0';
    return (long)strlen(buffer);
}

/* ---- stopping ---- */

int
remote_seize(int tid)
{
    return (int)trace(PTRACE_SEIZE, tid, 0,
                      (const void *)(uintptr_t)PTRACE_O_TRACESYSGOOD);
}

int
remote_interrupt(int tid)
{
    return (int)trace(PTRACE_INTERRUPT, tid, 0, NULL);
}

/* Before Linux 5.3 the kernel does not tell; then the result register does,
 * which holds "no such call" until there is a result. */
static bool
is_entry(int tid)
{
    struct ptrace_syscall_info info = {0};
    struct arch_remote registers;

    if (trace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) > 0)
        return info.op == PTRACE_SYSCALL_INFO_ENTRY;
    return remote_get_registers(tid, &registers) == 0 &&
           arch_remote_result(&registers) == -ENOSYS;
}

static void
read_status(int tid, int status, struct remote_stop *out_stop)
{
    int signal = WSTOPSIG(status);

    *out_stop = (struct remote_stop){0};
    if (!WIFSTOPPED(status)) {
        out_stop->kind = REMOTE_STOP_ENDED;
    } else if (signal == (SIGTRAP | 0x80)) {
        out_stop->kind = REMOTE_STOP_CALL;
        out_stop->is_entry = is_entry(tid);
    } else if (status >> 16 == PTRACE_EVENT_STOP) {
        out_stop->kind = REMOTE_STOP_EVENT;
    } else {
        out_stop->kind = REMOTE_STOP_SIGNAL;
        out_stop->signal = signal;
    }
}

int
remote_wait(int tid, uint64_t timeout_ns, struct remote_stop *out_stop)
{
    uint64_t end = clock_now() + timeout_ns;
    struct timespec pause = {0, LOOK_NS_FIRST};

    for (;;) {
        int status = 0;
        long got = CALL_4(SYS_wait4, tid, &status, __WALL | WNOHANG, NULL);

        if (got == tid) {
            read_status(tid, status, out_stop);
            return 0;
        }
        if (got < 0 && got != -EINTR)
            return got == -ECHILD ? -ESRCH : (int)got;
        if (clock_now() >= end)
            return -ETIMEDOUT;
        (void)CALL_2(SYS_nanosleep, &pause, NULL); /* shorter does no harm */
        if (pause.tv_nsec < LOOK_NS_LAST)
            pause.tv_nsec *= 2;
    }
}

int
remote_go(int tid, enum remote_go how, int signal)
{
    return (int)trace(how == REMOTE_GO_FREE ? PTRACE_CONT : PTRACE_SYSCALL, tid,
                      0, (const void *)(intptr_t)signal);
}

int
remote_detach(int tid, int signal)
{
    return (int)trace(PTRACE_DETACH, tid, 0, (const void *)(intptr_t)signal);
}

/* ---- registers ---- */

int
remote_get_note(int tid, unsigned note, void *buffer, size_t *size)
{
    struct iovec vector = {buffer, *size};
    long error = trace(PTRACE_GETREGSET, tid, note, &vector);

    if (error < 0)
        return (int)error;
    *size = vector.iov_len;
    return 0;
}

int
remote_set_note(int tid, unsigned note, const void *bytes, size_t size)
{
    struct iovec vector = {(void *)(uintptr_t)bytes, size};

    return (int)trace(PTRACE_SETREGSET, tid, note, &vector);
}

int
remote_get_registers(int tid, struct arch_remote *out_registers)
{
    struct arch_remote registers = {.call = -1};
    size_t size = sizeof(registers.words);
    int error = remote_get_note(tid, NT_PRSTATUS, registers.words, &size);

    if (error != 0)
        return error;
    if (size != sizeof(registers.words))
        return -ENOEXEC; /* a 32-bit program */
    if (ARCH_NOTE_CALL != 0) {
        int call = -1;

        size = sizeof(call);
        error = remote_get_note(tid, ARCH_NOTE_CALL, &call, &size);
        if (error != 0)
            return error;
        registers.call = call;
    }
    arch_remote_loaded(&registers);
    *out_registers = registers;
    return 0;
}

int
remote_set_registers(int tid, const struct arch_remote *registers)
{
    struct arch_remote copy = *registers;
    int error;

    arch_remote_stored(&copy);
    error = remote_set_note(tid, NT_PRSTATUS, copy.words, sizeof(copy.words));
    if (error == 0 && ARCH_NOTE_CALL != 0) {
        int call = (int)copy.call;

        error = remote_set_note(tid, ARCH_NOTE_CALL, &call, sizeof(call));
    }
    return error;
}

long
remote_get_filter(int tid, unsigned index, void *program, size_t most)
{
    long length = trace(PTRACE_SECCOMP_GET_FILTER, tid, index, NULL);

    if (length > 0 && (size_t)length > most)
        return -E2BIG;
    return length < 0 ? length
                      : trace(PTRACE_SECCOMP_GET_FILTER, tid, index, program);
}

int
remote_get_mask(int tid, uint64_t *out_mask)
{
    return (int)trace(PTRACE_GETSIGMASK, tid, MASK_BYTES, out_mask);
}

int
remote_set_mask(int tid, uint64_t mask)
{
    return (int)trace(PTRACE_SETSIGMASK, tid, MASK_BYTES, &mask);
}
