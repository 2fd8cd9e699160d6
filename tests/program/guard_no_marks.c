/*
 * Where the kernel cannot mark pages, guard pages are protected ones, as many
 * as there is room for; blocks past that have fences, and the program, which
 * maps memory of its own, goes on.
 * modes: guard
 */
#include "prove.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

enum { COUNT = 40000 };

static sigjmp_buf back;

static void
on_fault(int signal)
{
    (void)signal;
    siglongjmp(back, 1);
}

static bool
faults(const void *p)
{
    if (sigsetjmp(back, 1) != 0)
        return true;
    (void)*(const volatile char *)p;
    return false;
}

/* From now on madvise knows nothing over 101, in what is executed too. */
static void
forget_marks(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                 offsetof(struct seccomp_data, args[2])),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 101, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        PROVE_SKIP("no seccomp filter can be set here");
}

int
main(int argc, char **argv)
{
    struct sigaction action = {.sa_handler = on_fault};
    static char *blocks[COUNT];
    size_t guarded = 0;

    if (!prove_library())
        PROVE_SKIP("not under the library");
    if (argc == 1) {
        char *again[] = {argv[0], (char *)"again", NULL};

        forget_marks();
        execv("/proc/self/exe", again);
        PROVE_SKIP("cannot execute itself");
    }
    sigaction(SIGSEGV, &action, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = malloc(48);
        PROVE(blocks[i] != NULL);
        blocks[i][47] = (char)i;
    }
    for (size_t i = 0; i < COUNT; i++)
        guarded += faults(blocks[i] + 48);
    PROVE(guarded > 1000);
    PROVE(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
          MAP_FAILED);
    for (size_t i = 0; i < COUNT; i++) {
        PROVE(blocks[i][47] == (char)i);
        free(blocks[i]);
    }
    PROVE(faults(blocks[0]));
    return 0;
}
