/*
 * strange.c - stacks as they come seldom: signal handlers on the thread's stack
 * and on one of their own, at any instruction; coroutines that switch among
 * twenty stacks; frames of varying size; eight threads.
 *
 * usage: strange [ROUNDS]
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <ucontext.h>

#define COROUTINES 20
#define THREADS 8

static volatile int sink;
static volatile sig_atomic_t handled;
static int rounds = 5000;

/* A variable frame makes the compiler use a frame pointer; recursion of a
 * second function without one lies between. */
static void *make(int n);

__attribute__((noinline)) static void *
plain(int n)
{
    void *p = make(n);

    sink++;
    return p;
}

__attribute__((noinline)) static void *
make(int n)
{
    volatile char bytes[n % 50 + 1];
    void *p;

    bytes[0] = (char)n;
    if (n == 0)
        p = malloc(20);
    else
        p = n % 3 == 0 ? plain(n - 1) : make(n - 1);
    sink += bytes[0];
    return p;
}

static void
handle(int number)
{
    (void)number;
    handled++;
    free(make(5));
}

static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, 1);
}

static void
take_signals(void)
{
    static char other[1 << 16];
    const stack_t stack = {.ss_sp = other, .ss_size = sizeof(other)};
    const struct itimerval often = {{0, 300}, {0, 300}};
    const struct itimerval never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};

    sigaltstack(&stack, NULL);
    sigaction(SIGUSR1, &action, NULL);
    action.sa_flags = 0;
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGVTALRM, &action, NULL);
    for (int i = 0; i < rounds / 20; i++) {
        raise(SIGUSR1);
        raise(SIGUSR2);
        free(make(i % 10));
    }
    /* These come at any instruction of libc's and of ours; malloc itself is
     * not to be interrupted, so nothing allocates meanwhile. */
    setitimer(ITIMER_VIRTUAL, &often, NULL);
    for (int i = 0; i < rounds; i++) {
        char text[100];

        snprintf(text, sizeof(text), "%d %s", i, "some text to sort");
        qsort(text, 20, 1, compare);
        sink += text[3];
    }
    setitimer(ITIMER_VIRTUAL, &never, NULL);
}

static ucontext_t main_context, contexts[COROUTINES];
static int turn, left;

static void
run_coroutine(void)
{
    for (;;) {
        int me = turn;

        free(make(me));
        if (--left <= 0)
            swapcontext(&contexts[me], &main_context);
        turn = (turn * 7 + 3) % COROUTINES;
        if (turn != me)
            swapcontext(&contexts[me], &contexts[turn]);
    }
}

static void
switch_stacks(void)
{
    left = rounds;
    for (int i = 0; i < COROUTINES; i++) {
        getcontext(&contexts[i]);
        contexts[i].uc_stack.ss_sp = malloc(32768);
        contexts[i].uc_stack.ss_size = 32768;
        contexts[i].uc_link = &main_context;
        makecontext(&contexts[i], run_coroutine, 0);
    }
    swapcontext(&main_context, &contexts[0]);
}

static void *
run_thread(void *argument)
{
    for (int i = 0; i < rounds; i++)
        free(make(i % 40));
    return argument;
}

int
main(int argc, char **argv)
{
    pthread_t threads[THREADS];

    if (argc > 1)
        rounds = atoi(argv[1]);
    take_signals();
    switch_stacks();
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, run_thread, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return handled < rounds / 20 ? 1 : 0;
}
