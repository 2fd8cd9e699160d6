/*
 * exit is called in a thread while others allocate: handlers run, the report
 * is written, and the exit status is the program's.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

static void *
churn(void *argument)
{
    uint64_t seed = 3 + (uintptr_t)argument;
    for (;;)
        free(keep(malloc(prove_random(&seed) % 9000)));
    return NULL;
}

static void *
leave(void *argument)
{
    (void)argument;
    for (int i = 0; i < 1000; i++)
        free(keep(malloc(100)));
    exit(7);
}

int
main(void)
{
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        pthread_t thread;
        alarm(20);
        for (size_t i = 0; i < 3; i++)
            PROVE(pthread_create(&thread, NULL, churn, (void *)i) == 0);
        PROVE(pthread_create(&thread, NULL, leave, NULL) == 0);
        for (;;)
            free(keep(malloc(5)));
    }
    int status;
    PROVE(waitpid(pid, &status, 0) == pid);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    return 0;
}
