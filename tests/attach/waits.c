/*
 * waits.c - a program whose threads wait where they are of no use to who
 * attaches, and must not notice that they were looked at. The main one waits on
 * a stack of its own making, in a call that the kernel does not make again; the
 * second in the kernel, for a child of vfork. The third is as any other.
 *
 * It prints "ready" when all are there; at SIGTERM how often something was
 * other than without a visitor.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_BYTES ((size_t)256 << 10)
#define GUARD_BYTES ((size_t)64 << 10) /* on both sides */
#define CHILD_MS 1500
#define LATE_MS 2200

static volatile sig_atomic_t over;
static int failed, late, ready;
static ucontext_t outside, inside;

static void
end(int number)
{
    over = number;
}

static void
sleep_ms(long ms)
{
    struct timespec rest = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&rest, &rest) != 0 && errno == EINTR)
        ;
}

static double
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void *
wait_for_child(void *unused)
{
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    while (!over) {
        double start = now_ms();
        pid_t child = vfork();

        if (child == 0) {
            sleep_ms(CHILD_MS);
            _exit(0);
        }
        if (now_ms() - start > LATE_MS)
            late++;
        waitpid(child, NULL, 0);
    }
    return unused;
}

static void *
be_busy(void *unused)
{
    __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
    while (!over) {
        free(malloc(100));
        sleep_ms(1);
    }
    return unused;
}

static void
wait_inside(void)
{
    int events = epoll_create1(0);

    while (!over) {
        struct epoll_event event;

        if (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) == 2) {
            ready = 0;
            puts("ready");
        }
        if (epoll_wait(events, &event, 1, 30) < 0 && !over)
            failed++;
    }
}

int
main(void)
{
    pthread_t threads[2];
    sigset_t set;
    char *stack = mmap(NULL, STACK_BYTES + 2 * GUARD_BYTES, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGTERM, end);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    if (stack == MAP_FAILED ||
        mprotect(stack + GUARD_BYTES, STACK_BYTES, PROT_READ | PROT_WRITE) !=
            0 ||
        pthread_create(&threads[0], NULL, wait_for_child, NULL) != 0 ||
        pthread_create(&threads[1], NULL, be_busy, NULL) != 0)
        return 2;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    getcontext(&inside);
    inside.uc_stack.ss_sp = stack + GUARD_BYTES;
    inside.uc_stack.ss_size = STACK_BYTES;
    inside.uc_link = &outside;
    makecontext(&inside, wait_inside, 0);
    swapcontext(&outside, &inside);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%d calls failed, %d were late\n", failed, late);
    return failed != 0 || late != 0;
}
