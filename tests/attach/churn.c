/*
 * churn.c [THREADS] - a correct program that is busy with its heap in many
 * threads, to be attached to: every block is filled and looked at before it is
 * freed, and calls that wait must not fail. SIGTERM ends it; then it says what
 * was wrong, and the exit status is 1 if anything was.
 *
 * A line of `calls N` on standard output for each SIGUSR1: how often malloc,
 * calloc and realloc were called so far.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HELD 64 /* blocks that a thread holds at most */

static _Atomic int is_over;
static _Atomic unsigned long wrong, calls;

static void
count_wrong(const char *what)
{
    if (atomic_fetch_add(&wrong, 1) < 5)
        fprintf(stderr, "churn: %s\n", what);
}

static uint32_t
next(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

struct held {
    unsigned char *p;
    size_t size;
    unsigned char fill;
};

static void
look_at(const struct held *held)
{
    for (size_t i = 0; i < held->size; i++) {
        if (held->p[i] != held->fill) {
            count_wrong("a block has changed");
            return;
        }
    }
}

static void
resize(struct held *held, size_t size)
{
    size_t kept = held->size < size ? held->size : size;
    unsigned char *p = realloc(held->p, size);

    if (p == NULL) {
        count_wrong("realloc gives nothing");
        return;
    }
    *held = (struct held){p, kept, held->fill};
    look_at(held);
    held->size = size;
    memset(p, held->fill, size);
}

static void
make(struct held *held, uint32_t *random)
{
    size_t size = next(random) % 16 == 0 ? next(random) % 70000
                                         : next(random) % 500;
    bool is_zero = next(random) % 8 == 0;
    unsigned char *p = is_zero ? calloc(1, size + 1) : malloc(size + 1);

    if (p == NULL) {
        count_wrong("malloc gives nothing");
        return;
    }
    *held = (struct held){p, size + 1, 0};
    if (is_zero)
        look_at(held);
    held->fill = (unsigned char)next(random);
    memset(p, held->fill, held->size);
}

static void
step(struct held *held, uint32_t *random)
{
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
    if (held->p == NULL) {
        make(held, random);
    } else if (next(random) % 6 == 0) {
        look_at(held);
        resize(held, 1 + next(random) % 1000);
    } else {
        look_at(held);
        free(held->p);
        held->p = NULL;
    }
}

/* A call that waits, which must not end early. */
static void
wait_a_moment(uint32_t *random)
{
    struct timespec pause = {0, 1000 + next(random) % 8000000};

    if (next(random) % 2 == 0) {
        if (nanosleep(&pause, NULL) != 0)
            count_wrong("nanosleep ended early");
    } else if (poll(NULL, 0, 5) < 0) {
        count_wrong("poll ended early");
    }
}

static void *
churn(void *argument)
{
    struct held held[HELD] = {{NULL, 0, 0}};
    uint32_t random = (uint32_t)(uintptr_t)argument * 2654435761u;

    while (!is_over) {
        for (int i = 0; i < 20; i++)
            step(&held[next(&random) % HELD], &random);
        wait_a_moment(&random);
    }
    for (int i = 0; i < HELD; i++) {
        if (held[i].p != NULL)
            look_at(&held[i]);
        free(held[i].p);
    }
    return NULL;
}

int
main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 32;
    pthread_t threads[256];
    sigset_t set;
    int signal = 0;

    if (count < 1 || count > 256)
        return 2;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, churn,
                           (void *)(uintptr_t)(i + 1)) != 0)
            return 2;
    }
    while (signal != SIGTERM) {
        if (sigwait(&set, &signal) != 0)
            count_wrong("sigwait failed");
        printf("calls %lu\n", calls);
        fflush(stdout);
    }
    is_over = 1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    printf("%lu wrong\n", wrong);
    return wrong != 0;
}
