/*
 * args: 40
 * long: 200
 * Handlers of pthread_atfork allocate and free in all three places, while
 * other threads allocate; blocks made in one handler are freed in the next.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

static volatile int stop;
static void *made;

static void
prepare(void)
{
    made = keep(malloc(1000));
    free(keep(malloc(100000)));
}

static void
after(void)
{
    free(made);
    made = NULL;
    free(keep(malloc(300)));
    free(keep(calloc(10, 70)));
}

static void *
churn(void *argument)
{
    uint64_t seed = 7;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        free(keep(malloc(prove_random(&seed) % 70000)));
    return argument;
}

int
main(int argc, char **argv)
{
    long forks = prove_argument(argc, argv, 200);
    pthread_t threads[2];
    PROVE(pthread_atfork(prepare, after, after) == 0);
    for (int i = 0; i < 2; i++)
        PROVE(pthread_create(&threads[i], NULL, churn, NULL) == 0);
    for (long n = 0; n < forks; n++) {
        int status;
        pid_t pid = fork();
        PROVE(pid >= 0);
        if (pid == 0) {
            alarm(30);
            free(keep(malloc(40)));
            _exit(made == NULL ? 0 : 1);
        }
        PROVE(waitpid(pid, &status, 0) == pid && status == 0);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
    return 0;
}
