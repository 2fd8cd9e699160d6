/*
 * tool/seccomp.c - would a thread's seccomp filter let the library work there?
 *
 * What a filter says of arguments is not followed further than this: they are
 * all taken to be 0.
 */
#include "tool/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "os/arch/arch.h"
#include "os/remote.h"

/* Both CPUs are of 64 bits, and little-endian. */
#define ARCH_AUDIT (ARCH_ELF_MACHINE | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE)

/* Filters of a thread that are looked at, and instructions of one. */
#define FILTERS_MAX 64
#define LENGTH_MAX 4096

/* What the library calls. Without those that are needed nothing goes; where one
 * of the others is refused it does less. */
static const struct call {
    int64_t number;
    const char *name;
    bool is_needed;
} calls[] = {
#define CALL(name, is_needed)                                                  \
    {                                                                          \
        SYS_##name, #name, is_needed                                           \
    }
    CALL(memfd_create, true),
    CALL(mmap, true),
    CALL(mprotect, true),
    CALL(munmap, true),
    CALL(openat, true),
    CALL(read, true),
    CALL(pread64, true),
    CALL(newfstatat, true),
    CALL(close, true),
    CALL(ftruncate, true),
    CALL(write, true),
    CALL(futex, true),
    CALL(clone, true),
    CALL(rt_sigprocmask, true),
    CALL(rt_sigaction, true),
    CALL(rt_sigreturn, true),
    CALL(tgkill, true),
    CALL(gettid, true),
    CALL(getpid, true),
    CALL(exit, true),
    CALL(clock_nanosleep, true),
    CALL(process_vm_readv, false),
    CALL(process_vm_writev, false),
    CALL(pwrite64, false),
    CALL(clock_gettime, false),
    CALL(mremap, false),
    CALL(getppid, false),
    CALL(ioctl, false),
    CALL(flock, false),
    CALL(renameat2, false),
    CALL(unlinkat, false),
    CALL(clone3, false),
    CALL(set_robust_list, false),
    CALL(rseq, false),
    CALL(madvise, false),
    CALL(fstat, false),
    CALL(lseek, false),
    CALL(fcntl, false),
    CALL(getdents64, false),
    CALL(readlinkat, false),
    CALL(uname, false),
    CALL(getuid, false),
    CALL(kill, false),
    CALL(rt_tgsigqueueinfo, false),
    CALL(rt_sigsuspend, false),
    CALL(rt_sigpending, false),
    CALL(rt_sigtimedwait, false),
    CALL(sigaltstack, false),
    CALL(pipe2, false),
    CALL(ppoll, false),
    CALL(wait4, false),
    CALL(prctl, false),
    CALL(setpriority, false),
    CALL(close_range, false),
    CALL(exit_group, false),
    CALL(getrandom, false),
    CALL(prlimit64, false),
#undef CALL
    /* The call that a thread was about to make is put off so. */
    {-1, "no call (-1)", false},
};

/* ---- the machine ---- */

static bool
compute(unsigned operation, uint32_t *a, uint32_t b)
{
    switch (operation) {
    case BPF_ADD:
        *a += b;
        return true;
    case BPF_SUB:
        *a -= b;
        return true;
    case BPF_MUL:
        *a *= b;
        return true;
    case BPF_DIV:
        *a = b == 0 ? 0 : *a / b;
        return b != 0;
    case BPF_OR:
        *a |= b;
        return true;
    case BPF_AND:
        *a &= b;
        return true;
    case BPF_XOR:
        *a ^= b;
        return true;
    case BPF_LSH:
        *a = b < 32 ? *a << b : 0;
        return true;
    case BPF_RSH:
        *a = b < 32 ? *a >> b : 0;
        return true;
    case BPF_NEG:
        *a = -*a;
        return true;
    default:
        return false;
    }
}

static bool
is_jump_taken(unsigned operation, uint32_t a, uint32_t b)
{
    switch (operation) {
    case BPF_JEQ:
        return a == b;
    case BPF_JGT:
        return a > b;
    case BPF_JGE:
        return a >= b;
    default:
        return (a & b) != 0; /* BPF_JSET */
    }
}

struct machine {
    uint32_t a, x;
    uint32_t memory[BPF_MEMWORDS];
};

/* A load into A or X. */
static bool
load(struct machine *machine, const struct sock_filter *at,
     const struct seccomp_data *call, uint32_t *to)
{
    switch (BPF_MODE(at->code)) {
    case BPF_IMM:
        *to = at->k;
        return true;
    case BPF_LEN:
        *to = sizeof(*call);
        return true;
    case BPF_ABS:
        if (at->k > sizeof(*call) - sizeof(*to))
            return false;
        memcpy(to, (const char *)call + at->k, sizeof(*to));
        return true;
    case BPF_MEM:
        if (at->k >= BPF_MEMWORDS)
            return false;
        *to = machine->memory[at->k];
        return true;
    default:
        return false;
    }
}

uint32_t
seccomp_run(const struct sock_filter *program, size_t count,
            const struct seccomp_data *call)
{
    struct machine machine = {0};

    for (size_t pc = 0; pc < count; pc++) {
        const struct sock_filter *at = &program[pc];
        uint32_t operand = BPF_SRC(at->code) == BPF_X ? machine.x : at->k;
        bool is_known = true;

        switch (BPF_CLASS(at->code)) {
        case BPF_LD:
            is_known = load(&machine, at, call, &machine.a);
            break;
        case BPF_LDX:
            is_known = load(&machine, at, call, &machine.x);
            break;
        case BPF_ST:
        case BPF_STX:
            is_known = at->k < BPF_MEMWORDS;
            if (is_known)
                machine.memory[at->k] =
                    BPF_CLASS(at->code) == BPF_ST ? machine.a : machine.x;
            break;
        case BPF_ALU:
            is_known = compute(BPF_OP(at->code), &machine.a, operand);
            break;
        case BPF_JMP:
            if (BPF_OP(at->code) == BPF_JA)
                pc += at->k;
            else
                pc += is_jump_taken(BPF_OP(at->code), machine.a, operand)
                          ? at->jt
                          : at->jf;
            break;
        case BPF_RET:
            return BPF_RVAL(at->code) == BPF_A ? machine.a : at->k;
        default: /* BPF_MISC */
            if (BPF_MISCOP(at->code) == BPF_TAX)
                machine.x = machine.a;
            else
                machine.a = machine.x;
            break;
        }
        if (!is_known)
            break;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

/* ---- the judgement ---- */

static int
refuse(char *why, size_t size, const char *name, const char *what)
{
    (void)snprintf(why, size,
                   "its seccomp filter %s %s, which the library needs. Let the "
                   "filter allow it, or look at the process with `dbgmalloc "
                   "watch`",
                   what, name);
    return -EPERM;
}

int
seccomp_judge(uint32_t (*action)(int64_t call, void *context), void *context,
              char *why, size_t size)
{
    for (size_t i = 0; i < ARRAY_COUNT(calls); i++) {
        const struct call *call = &calls[i];

        switch (action(call->number, context) & SECCOMP_RET_ACTION_FULL) {
        case SECCOMP_RET_ALLOW:
        case SECCOMP_RET_LOG:
            break;
        case SECCOMP_RET_ERRNO:
        case SECCOMP_RET_TRACE: /* as if there were no such call */
            if (call->is_needed)
                return refuse(why, size, call->name, "refuses");
            break;
        default:
            return refuse(why, size, call->name, "ends a process that calls");
        }
    }
    return 0;
}

/* ---- of a thread ---- */

struct filters {
    struct sock_filter *programs[FILTERS_MAX];
    size_t lengths[FILTERS_MAX];
    size_t count;
};

/* The kernel's order of what counts most: as signed numbers, the least. */
static uint32_t
strictest(int64_t number, void *context)
{
    const struct filters *filters = context;
    struct seccomp_data call = {.nr = (int)number, .arch = ARCH_AUDIT};
    uint32_t result = SECCOMP_RET_ALLOW;

    for (size_t i = 0; i < filters->count; i++) {
        uint32_t one =
            seccomp_run(filters->programs[i], filters->lengths[i], &call);

        if ((int32_t)(one & SECCOMP_RET_ACTION_FULL) <
            (int32_t)(result & SECCOMP_RET_ACTION_FULL))
            result = one;
    }
    return result;
}

static int
read_filters(int tid, struct filters *filters)
{
    for (unsigned i = 0; i < FILTERS_MAX; i++) {
        struct sock_filter *program = calloc(LENGTH_MAX, sizeof(*program));
        long length;

        if (program == NULL)
            return -ENOMEM;
        filters->programs[filters->count++] = program;
        length = remote_get_filter(tid, i, program, LENGTH_MAX);
        if (length < 0) {
            filters->count--;
            free(program);
            return length == -ENOENT ? 0 : (int)length;
        }
        filters->lengths[i] = (size_t)length;
    }
    return -E2BIG;
}

static bool
has_filter(int pid, int tid)
{
    char path[64], line[256];
    int mode = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
    file = fopen(path, "re");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "Seccomp: %d", &mode);
    (void)fclose(file); /* only read */
    return mode == SECCOMP_MODE_FILTER;
}

int
seccomp_check(int pid, int tid, char *why, size_t size)
{
    struct filters filters = {.count = 0};
    int error;

    if (!has_filter(pid, tid))
        return 0;
    error = read_filters(tid, &filters);
    if (error == 0) {
        error = seccomp_judge(strictest, &filters, why, size);
    } else {
        (void)snprintf(why, size,
                       "it has a seccomp filter, and only root may look at "
                       "that (%s). It might end the process at a call that "
                       "the library makes",
                       strerror(-error));
        error = -EPERM;
    }
    for (size_t i = 0; i < filters.count; i++)
        free(filters.programs[i]);
    return error;
}
