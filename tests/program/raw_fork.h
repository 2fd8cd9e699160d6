/*
 * raw_fork.h - children made without fork's handlers, while three threads
 * allocate: what underscore_fork and clone_plain share.
 */
#ifndef RAW_FORK_H
#define RAW_FORK_H

#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

static volatile int raw_fork_stop;

static void *
raw_fork_churn(void *argument)
{
    uint64_t seed = 5 + (uintptr_t)argument;
    void *slots[32] = {NULL};
    while (!__atomic_load_n(&raw_fork_stop, __ATOMIC_RELAXED)) {
        uint32_t r = prove_random(&seed);
        free(slots[r % 32]);
        slots[r % 32] = keep(malloc(r % 16 == 0 ? r % 300000 : r % 3000));
    }
    for (int i = 0; i < 32; i++)
        free(slots[i]);
    return NULL;
}

/* With libc's malloc such a child may not allocate; then it only ends. */
static void
raw_fork_child(bool library)
{
    alarm(10);
    if (library)
        for (size_t i = 1; i < 200; i++)
            free(keep(malloc(i * i * 4)));
    _exit(0);
}

static int
raw_fork_prove(pid_t (*make_child)(void), long count)
{
    bool library = prove_library();
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++)
        PROVE(pthread_create(&threads[i], NULL, raw_fork_churn, (void *)i) ==
              0);
    for (long n = 0; n < count; n++) {
        int status;
        pid_t pid = make_child();
        PROVE(pid >= 0);
        if (pid == 0)
            raw_fork_child(library);
        PROVE(waitpid(pid, &status, 0) == pid);
        PROVE(status == 0);
    }
    __atomic_store_n(&raw_fork_stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 3; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
    return 0;
}

#endif
