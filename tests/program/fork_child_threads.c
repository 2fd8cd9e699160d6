/*
 * The child of a threaded program starts threads of its own, forks again and
 * exits by exit(): every generation allocates and its report does no harm.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

static void *
churn(void *argument)
{
    uint64_t seed = 1 + (uintptr_t)argument;
    for (int i = 0; i < 4000; i++)
        free(keep(malloc(prove_random(&seed) % 3000)));
    return NULL;
}

static void
run_threads(pthread_t *threads)
{
    for (size_t i = 0; i < 3; i++)
        PROVE(pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
}

static void
join_threads(const pthread_t *threads)
{
    for (size_t i = 0; i < 3; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
}

static int
generation(int depth)
{
    pthread_t threads[3];
    run_threads(threads);
    int status = 0;
    if (depth > 0) {
        pid_t pid = fork();
        PROVE(pid >= 0);
        if (pid == 0)
            exit(generation(depth - 1));
        PROVE(waitpid(pid, &status, 0) == pid);
        PROVE(WIFEXITED(status) && WEXITSTATUS(status) == depth - 1);
    }
    join_threads(threads);
    return depth;
}

int
main(void)
{
    alarm(60);
    return generation(5) == 5 ? 0 : 1;
}
