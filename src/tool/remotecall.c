/*
 * tool/remotecall.c - have a thread of another process call functions.
 *
 * STEP 1, find: a thread is stopped at a safe point (remotefind).
 *
 * STEP 2, memory: libc's mmap is called on the thread's own stack, below all it
 * uses, with a return frame there and as return address the code that ends a
 * signal handler. Where that code begins its system call, the thread is stopped
 * again: the system call is left out and the next function begun.
 *
 * STEP 3, calls: the trampoline in the new memory calls one function and then
 * sends itself a signal that means nothing to a process without a tracer; there
 * the next call is hung in. The system call at the trampoline's end is not made
 * while we live, for it would make the kernel forget how long a nanosleep or
 * poll still has to go. In between the thread runs free: a stop at each of its
 * system calls would cost it more than all that it does.
 *
 * STEP 4, end: the signal is left out, and the thread gets its registers from
 * us, so that the kernel restarts what it was waiting in exactly.
 *
 * Each change of the thread is one setting of registers, and what they refer to
 * is complete before.
 */
#include "tool/remotecall.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "os/clock.h"
#include "os/remote.h"
#include "tool/remotefind.h"

/* The writable memory: trampoline's words, return frames, what the caller
 * puts, and from the other end the stack of the calls. */
#define DATA_BYTES ((size_t)512 << 10)
#define DATA_WORDS 0
#define DATA_FRAME_BACK 1024
#define DATA_SCRATCH (DATA_FRAME_BACK + 8192)
#define CODE_BYTES ((size_t)4096)

/* Signals that are raised by what the thread itself does. */
#define MASK_OF(signal) (UINT64_C(1) << ((signal)-1))
#define MASK_FAULTS                                                            \
    (MASK_OF(SIGSEGV) | MASK_OF(SIGBUS) | MASK_OF(SIGILL) | MASK_OF(SIGFPE) |  \
     MASK_OF(SIGTRAP) | MASK_OF(SIGSYS))

/* What stays unblocked while it calls: these, and the trampoline's own. */
#define MASK_CALLS (~(MASK_FAULTS | MASK_OF(SIGURG)))

static const unsigned char restorer_code[] = {ARCH_RESTORER_CODE};

int
remotecall_fail(struct remotecall *remote, int error, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    (void)vsnprintf(remote->why, sizeof(remote->why), format, values);
    va_end(values);
    return error;
}

/* ---- running ---- */

/* What ended a call that was not meant to end so. */
static int
say_signal(struct remotecall *remote, int signal)
{
    const char *name = strsignal(signal);

    return remotecall_fail(remote, -EFAULT, "the call ended by: %s",
                           name != NULL ? name : "a signal");
}

/*
 * Let the thread run to the system call that restores from a return frame, and
 * stop there. *out_mapped, if not NULL, gets the result of the mmap on the way.
 */
static int
run_to_return(struct remotecall *remote, uint64_t timeout_ns,
              int64_t *out_mapped)
{
    uint64_t end = clock_now() + timeout_ns;

    for (;;) {
        struct arch_remote registers;
        struct remote_stop stop;
        uint64_t now = clock_now();
        int error = remote_go(remote->tid, REMOTE_GO_TO_CALL, 0);

        if (error == 0)
            error = remote_wait(remote->tid, now < end ? end - now : 0, &stop);
        if (error != 0)
            return remotecall_fail(remote, error,
                                   "it did not come back in time");
        if (stop.kind == REMOTE_STOP_ENDED)
            return remotecall_fail(remote, -ESRCH, "it ended meanwhile");
        if (stop.kind == REMOTE_STOP_SIGNAL) {
            remote->is_at_signal = true;
            return say_signal(remote, stop.signal);
        }
        if (stop.kind != REMOTE_STOP_CALL)
            continue;
        error = remote_get_registers(remote->tid, &registers);
        if (error != 0)
            return remotecall_fail(remote, error,
                                   "its registers cannot be read");
        if (!stop.is_entry && registers.call == SYS_mmap && out_mapped != NULL)
            *out_mapped = arch_remote_result(&registers);
        if (stop.is_entry && registers.call == SYS_rt_sigreturn)
            return 0;
    }
}

/* Let the thread run free until the trampoline says that its call is done. */
static int
run_to_signal(struct remotecall *remote, uint64_t timeout_ns)
{
    uintptr_t done_at = remote->data + ARCH_TRAMPOLINE_DONE * sizeof(uint64_t);
    uint64_t end = clock_now() + timeout_ns;

    remote->is_at_signal = false;
    for (;;) {
        struct remote_stop stop;
        uint64_t now = clock_now();
        uint64_t done = 0;
        int error = remote_go(remote->tid, REMOTE_GO_FREE, 0);

        if (error == 0)
            error = remote_wait(remote->tid, now < end ? end - now : 0, &stop);
        if (error != 0)
            return remotecall_fail(remote, error,
                                   "it did not come back in time");
        if (stop.kind == REMOTE_STOP_ENDED)
            return remotecall_fail(remote, -ESRCH, "it ended meanwhile");
        if (stop.kind != REMOTE_STOP_SIGNAL)
            continue;
        remote->is_at_signal = true;
        if (stop.signal != SIGURG)
            return say_signal(remote, stop.signal);
        if (remote_read(remote->pid, done_at, &done, sizeof(done)) ==
                sizeof(done) &&
            done != 0)
            return 0;
        remote->has_urgent = true;
        remote->is_at_signal = false;
    }
}

static int
write_frame(const struct remotecall *remote, uintptr_t addr,
            const struct arch_remote *registers, uint64_t mask)
{
    unsigned char frame[ARCH_FRAME_BYTES];

    arch_return_frame(frame, addr, registers, remote->floats,
                      remote->floats_size, mask);
    return remote_write(remote->pid, addr, frame, sizeof(frame));
}

/* The address of code that ends a signal handler. */
static uintptr_t
find_restorer(const struct remotemap *map)
{
    for (size_t i = 0; i < map->region_count; i++) {
        const struct remotemap_region *region = &map->regions[i];
        struct remotemap_module *module = remotemap_module(map, region->start);
        size_t size = region->end - region->start;
        unsigned char *bytes;
        void *found = NULL;
        size_t got = 0;

        if (!region->executable || !region->readable || module == NULL ||
            module->is_main)
            continue;
        bytes = malloc(size);
        if (bytes != NULL) {
            got = remote_read(map->pid, region->start, bytes, size);
            found = memmem(bytes, got, restorer_code, sizeof(restorer_code));
        }
        if (found != NULL)
            got = (size_t)((unsigned char *)found - bytes);
        free(bytes);
        if (found != NULL)
            return region->start + got;
    }
    return 0;
}

/* STEP 2 for one mapping. */
static int
map_memory(struct remotecall *remote, uintptr_t mmap_address,
           uintptr_t restorer, size_t size, int rights, uintptr_t *out)
{
    const uint64_t arguments[6] = {
        0, size, (uint64_t)rights, MAP_PRIVATE | MAP_ANONYMOUS, UINT64_MAX, 0};
    struct arch_remote registers = remote->saved;
    uintptr_t back, sp;
    int64_t mapped = -ENOMEM;
    int error;

    back =
        (arch_remote_sp(&registers) - ARCH_RED_ZONE_BYTES - ARCH_FRAME_BYTES) &
        ~(uintptr_t)63;
    sp = back - ARCH_LINK_BYTES;
    error = write_frame(remote, back, &remote->fallback, remote->mask);
    if (error == 0 && ARCH_LINK_BYTES != 0)
        error = remote_write(remote->pid, sp, &restorer, sizeof(restorer));
    arch_remote_begin(&registers, mmap_address, sp, arguments, 0, restorer);
    if (error == 0)
        error = remote_set_registers(remote->tid, &registers);
    if (error == 0 && !remote->is_running) {
        remote->is_running = true;
        error = remote_set_mask(remote->tid, MASK_CALLS);
    }
    if (error != 0)
        return remotecall_fail(remote, error,
                               "its stack or registers cannot be set: %s",
                               strerror(-error));
    error = run_to_return(remote, REMOTECALL_RETURN_NS, &mapped);
    if (error == 0 && (mapped < 0 && mapped > -4096))
        return remotecall_fail(remote, (int)mapped, "it is refused memory: %s",
                               strerror((int)-mapped));
    *out = (uintptr_t)mapped;
    return error;
}

static int
get_memory(struct remotecall *remote, uintptr_t mmap_address,
           uintptr_t restorer)
{
    int error = map_memory(remote, mmap_address, restorer, DATA_BYTES,
                           PROT_READ | PROT_WRITE, &remote->data);

    if (error == 0)
        error = map_memory(remote, mmap_address, restorer, CODE_BYTES,
                           PROT_READ | PROT_EXEC, &remote->code);
    if (error != 0)
        return error;
    error = remote_write(remote->pid, remote->code, arch_trampoline,
                         (size_t)(arch_trampoline_end - arch_trampoline));
    if (error != 0)
        return remotecall_fail(
            remote, error,
            "its memory cannot be written to: %s (a kernel that "
            "forbids forced writes?)",
            strerror(-error));
    return 0;
}

static int
read_state(struct remotecall *remote)
{
    int error = remote_get_mask(remote->tid, &remote->mask);

    remotefind_ids(remote, &remote->inner_pid, &remote->inner_tid);
    if (error != 0)
        return error;
    remote->vectors_size = sizeof(remote->vectors);
    if (remote_get_note(remote->tid, ARCH_NOTE_VECTORS, remote->vectors,
                        &remote->vectors_size) != 0)
        remote->vectors_size = 0; /* a CPU that has no more than these: */
    remote->floats_size = sizeof(remote->floats);
    return remote_get_note(remote->tid, NT_PRFPREG, remote->floats,
                           &remote->floats_size);
}

int
remotecall_begin(struct remotecall *remote, struct remotemap *map,
                 uint64_t timeout_ns)
{
    uintptr_t mmap_address, restorer;
    int error;

    memset(remote, 0, sizeof(*remote));
    remote->pid = map->pid;
    remote->map = map;
    remote->step = "looking at its modules";
    if (remotemap_libc(map, "mmap", &mmap_address) == NULL)
        return remotecall_fail(remote, -ENOEXEC, "there is no libc in it");
    restorer = find_restorer(map);
    if (restorer == 0)
        return remotecall_fail(
            remote, -ENOEXEC,
            "the code that ends a signal handler was not found");
    remotemap_warm(map);
    remote->step = "stopping a thread at a safe point";
    error = remotefind_thread(remote, timeout_ns);
    if (error != 0)
        return error;
    remote->step = "mapping memory";
    error = read_state(remote);
    if (error != 0)
        (void)remotecall_fail(remote, error, "its registers cannot be read: %s",
                              strerror(-error));
    else
        error = get_memory(remote, mmap_address, restorer);
    if (error != 0)
        remotecall_end(remote);
    return error;
}

/* ---- calls ---- */

uintptr_t
remotecall_put(struct remotecall *remote, const void *bytes, size_t n)
{
    uintptr_t addr = remote->data + DATA_SCRATCH;

    if (n > REMOTECALL_SCRATCH_BYTES ||
        remote_write(remote->pid, addr, bytes, n) != 0)
        return 0;
    return addr;
}

/* The thread stands before the system call that would let it go. */
int
remotecall_run(struct remotecall *remote, uintptr_t function,
               const uint64_t arguments[4], uint64_t timeout_ns,
               int64_t *out_result)
{
    uint64_t words[ARCH_TRAMPOLINE_WORDS] = {0};
    const uint64_t none[6] = {0};
    struct arch_remote registers = remote->saved;
    uintptr_t words_at = remote->data + DATA_WORDS;
    uintptr_t back = remote->data + DATA_FRAME_BACK;
    int error;

    if (remote->is_lost)
        return remotecall_fail(remote, -EBUSY,
                               "an earlier call has not returned");
    words[ARCH_TRAMPOLINE_FUNCTION] = function;
    for (size_t i = 0; i < 4; i++)
        words[ARCH_TRAMPOLINE_ARGUMENTS + i] = arguments[i];
    words[ARCH_TRAMPOLINE_PROCESS] = (uint64_t)remote->inner_pid;
    words[ARCH_TRAMPOLINE_THREAD] = (uint64_t)remote->inner_tid;
    words[ARCH_TRAMPOLINE_FRAME] = back;
    arch_remote_begin(&registers, remote->code, remote->data + DATA_BYTES, none,
                      words_at, 0);
    error = remote_write(remote->pid, words_at, words, sizeof(words));
    if (error == 0)
        error = write_frame(remote, back, &remote->fallback, remote->mask);
    if (error == 0)
        error = remote_set_registers(remote->tid, &registers);
    if (error != 0)
        return remotecall_fail(remote, error,
                               "its memory or registers cannot be set: %s",
                               strerror(-error));
    error = run_to_signal(remote, timeout_ns);
    if (error == -ETIMEDOUT)
        remote->is_lost = true;
    if (error != 0)
        return error;
    if (remote_read(remote->pid, words_at, words, sizeof(words)) !=
        sizeof(words))
        return remotecall_fail(remote, -EFAULT, "its memory cannot be read");
    *out_result = (int64_t)words[ARCH_TRAMPOLINE_RESULT];
    return 0;
}

/* ---- the end ---- */

/* Bring a thread that we run to a stop in which its registers can be set and
 * the kernel will restart its call: the system call that it is at is left out,
 * and a stop by our wish follows before anything else runs. */
static int
stop_to_restore(struct remotecall *remote)
{
    struct arch_remote registers;
    struct remote_stop stop = {.kind = REMOTE_STOP_ENDED};
    int error = remote_get_registers(remote->tid, &registers);

    if (error == 0) {
        registers.call = -1;
        error = remote_set_registers(remote->tid, &registers);
    }
    if (error == 0)
        error = remote_interrupt(remote->tid);
    for (int i = 0; error == 0 && i < 8; i++) {
        error = remote_go(remote->tid, REMOTE_GO_FREE, 0);
        if (error == 0)
            error = remote_wait(remote->tid, REMOTECALL_RETURN_NS, &stop);
        if (error == 0 && stop.kind == REMOTE_STOP_EVENT)
            return 0;
        if (error == 0 && stop.kind == REMOTE_STOP_ENDED)
            return -ESRCH;
    }
    return error != 0 ? error : -EAGAIN;
}

void
remotecall_end(struct remotecall *remote)
{
    int tid = remote->tid;
    struct remote_stop stop;
    int error = 0;

    if (!remote->is_running) {
        remotefind_let_go(remote);
        return;
    }
    if (remote->is_lost) {
        /* It runs; to be let go it must stand for a moment. */
        if (remote_interrupt(tid) == 0 &&
            remote_wait(tid, REMOTECALL_RETURN_NS, &stop) == 0)
            (void)remote_detach(tid, 0); /* gone, if it fails */
        return;
    }
    if (!remote->is_at_signal)
        error = stop_to_restore(remote);
    if (error == 0) {
        if (remote->vectors_size != 0)
            (void)remote_set_note(tid, ARCH_NOTE_VECTORS, remote->vectors,
                                  remote->vectors_size);
        (void)remote_set_mask(tid, remote->mask);
        error = remote_set_registers(tid, &remote->saved);
    }
    /* Where one of these failed, the return frame does the same. */
    (void)remote_detach(tid, remote->has_urgent ? SIGURG : 0);
    remote->stopped_ns += clock_now() - remote->since_ns;
    remote->is_running = false;
}
