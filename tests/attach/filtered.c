/*
 * filtered.c - filtered own|listed|denied: loses blocks for half a minute under
 * a seccomp filter that ends it at any call but those that it makes itself; or
 * but those and the calls of calls.h; or that denies process_vm_readv alone.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const int own[] = {SYS_write,           SYS_mmap,
                          SYS_munmap,          SYS_brk,
                          SYS_clock_nanosleep, SYS_restart_syscall,
                          SYS_getrandom,       SYS_exit_group,
                          SYS_rt_sigreturn};

static const int listed[] = {
    -1,
#define CALL(name, is_needed) SYS_##name
#include "calls.h"
};

static struct sock_filter code[512];
static unsigned short length;

static void
add(unsigned short operation, unsigned char if_true, unsigned char if_false,
    unsigned operand)
{
    code[length++] =
        (struct sock_filter){operation, if_true, if_false, operand};
}

static void
answer(const int *calls, size_t count, unsigned action)
{
    for (size_t i = 0; i < count; i++) {
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (unsigned)calls[i]);
        add(BPF_RET | BPF_K, 0, 0, action);
    }
}

__attribute__((noinline)) static void
lose(void)
{
    void *volatile sink = malloc(1000);

    sink = NULL;
    (void)sink;
}

int
main(int argc, char **argv)
{
    static const int denied = SYS_process_vm_readv;
    struct sock_fprog program = {0, code};

    if (argc != 2)
        return 2;
    add(BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
    answer(own, COUNT(own), SECCOMP_RET_ALLOW);
    if (strcmp(argv[1], "listed") == 0)
        answer(listed, COUNT(listed), SECCOMP_RET_ALLOW);
    answer(&denied, 1, SECCOMP_RET_ERRNO | EPERM);
    add(BPF_RET | BPF_K, 0, 0,
        strcmp(argv[1], "denied") == 0 ? SECCOMP_RET_ALLOW
                                       : SECCOMP_RET_KILL_PROCESS);
    program.len = length;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 77;
    if (write(1, "ready\n", 6) != 6)
        return 1;
    for (int i = 0; i < 3000; i++) {
        struct timespec pause = {0, 10000000};

        lose();
        (void)clock_nanosleep(CLOCK_REALTIME, 0, &pause, NULL);
    }
    return 0;
}
