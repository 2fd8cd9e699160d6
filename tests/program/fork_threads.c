/*
 * args: 15
 * long: 1000
 * modes: default medium off production
 * A program with 4 allocating threads forks N times (the argument); each
 * child allocates, frees what its parent made, and ends: nothing hangs.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

enum { THREADS = 4, SLOTS = 64, HANG_SECONDS = 30 };

static volatile int stop;

static void *
churn(void *argument)
{
    uint64_t seed = 88172645463325252u + (uintptr_t)argument;
    void *slots[SLOTS] = {NULL};
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint32_t r = prove_random(&seed);
        size_t i = r % SLOTS;
        free(slots[i]);
        slots[i] = keep(malloc(r % 50 == 0 ? r % 200000 : r % 2000));
        PROVE(slots[i] != NULL);
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    return NULL;
}

/* In the child only this thread is left; a hang ends by the alarm. */
static void
child_work(void *inherited)
{
    alarm(HANG_SECONDS);
    void *mine[100];
    for (size_t i = 0; i < 100; i++)
        mine[i] = keep(malloc(i * i * 8 + 1));
    free(inherited);
    for (size_t i = 0; i < 100; i++) {
        if (mine[i] == NULL)
            _exit(2);
        free(mine[i]);
    }
    _exit(0);
}

int
main(int argc, char **argv)
{
    long forks = prove_argument(argc, argv, 1000);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        PROVE(pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
    for (long n = 0; n < forks; n++) {
        void *inherited = keep(malloc(100));
        int status;
        pid_t pid = fork();
        PROVE(pid >= 0);
        if (pid == 0)
            child_work(inherited);
        free(inherited);
        PROVE(waitpid(pid, &status, 0) == pid);
        PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < THREADS; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
    return 0;
}
