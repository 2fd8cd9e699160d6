/*
 * Threads that allocate are cancelled, deferred: no allocating function is a
 * cancellation point, so nothing is lost or stays locked.
 */
#include <pthread.h>
#include <sched.h>

#include "prove.h"

static void *
churn(void *argument)
{
    void *block = NULL;
    pthread_cleanup_push(free, argument);
    for (;;) {
        for (size_t i = 1; i < 100; i++) {
            block = keep(malloc(i * 50));
            PROVE(block != NULL);
            free(block);
        }
        pthread_testcancel();
    }
    pthread_cleanup_pop(1);
    return NULL;
}

int
main(void)
{
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        void *result;
        PROVE(pthread_create(&thread, NULL, churn, keep(malloc(300))) == 0);
        (void)sched_yield(); /* It never fails on Linux. */
        PROVE(pthread_cancel(thread) == 0);
        PROVE(pthread_join(thread, &result) == 0);
        PROVE(result == PTHREAD_CANCELED);
    }
    return 0;
}
