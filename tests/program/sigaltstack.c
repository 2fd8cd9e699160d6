/*
 * A handler on an alternative stack, itself a block, runs after the ordinary
 * stack has overflowed, and jumps back: the heap is as it was.
 */
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

#include "prove.h"

static sigjmp_buf back;
static volatile sig_atomic_t overflows;

static void
on_fault(int signal)
{
    (void)signal;
    overflows = overflows + 1;
    siglongjmp(back, 1);
}

__attribute__((noinline)) static int
descend(volatile char *above)
{
    volatile char page[4096];
    if (above == NULL) /* It never is, but the compiler does not know. */
        return 0;
    page[0] = above[0];
    page[4095] = (char)descend(page);
    return page[4095] + 1;
}

int
main(void)
{
    size_t size = 65536;
    stack_t stack = {.ss_sp = keep(malloc(size)), .ss_size = size};
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_ONSTACK};
    struct rlimit limit;
    volatile char start = 0;
    PROVE(getrlimit(RLIMIT_STACK, &limit) == 0);
    limit.rlim_cur = 1 << 20;
    PROVE(setrlimit(RLIMIT_STACK, &limit) == 0);
    PROVE(sigaltstack(&stack, NULL) == 0);
    PROVE(sigaction(SIGSEGV, &action, NULL) == 0);
    void *volatile block = keep(malloc(1000));
    for (volatile int i = 0; i < 20; i = i + 1) {
        if (sigsetjmp(back, 1) == 0)
            (void)descend(&start); /* It never returns. */
        free(block);
        block = keep(malloc((size_t)i * 1000 + 1));
    }
    free(block);
    PROVE(overflows == 20);
    stack.ss_flags = SS_DISABLE;
    void *memory = stack.ss_sp;
    PROVE(sigaltstack(&stack, NULL) == 0);
    free(memory);
    return 0;
}
