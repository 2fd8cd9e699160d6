/*
 * Destructors of pthread keys allocate and free in all four rounds of a
 * thread's end, also when the thread never allocated before.
 */
#include <limits.h>
#include <pthread.h>

#include "prove.h"

static pthread_key_t keys[5];
static int rounds;

static void
destroy(void *value)
{
    free(value);
    for (size_t i = 1; i < 50; i++)
        free(keep(malloc(i * 100)));
    int round = __atomic_add_fetch(&rounds, 1, __ATOMIC_RELAXED);
    /* Setting a value again asks for another round. */
    if (round % (5 * PTHREAD_DESTRUCTOR_ITERATIONS) <
        5 * (PTHREAD_DESTRUCTOR_ITERATIONS - 1))
        (void)pthread_setspecific(keys[round % 5], keep(malloc(100)));
}

static void *
thread_silent(void *argument)
{
    PROVE(pthread_setspecific(keys[0], argument) == 0);
    return NULL;
}

static void *
thread_busy(void *argument)
{
    (void)argument;
    for (int i = 0; i < 5; i++)
        PROVE(pthread_setspecific(keys[i], keep(malloc(64))) == 0);
    return keep(malloc(32));
}

int
main(void)
{
    for (int i = 0; i < 5; i++)
        PROVE(pthread_key_create(&keys[i], destroy) == 0);
    for (int i = 0; i < 100; i++) {
        pthread_t silent, busy;
        void *result;
        PROVE(pthread_create(&silent, NULL, thread_silent, keep(malloc(10))) ==
              0);
        PROVE(pthread_create(&busy, NULL, thread_busy, NULL) == 0);
        PROVE(pthread_join(silent, NULL) == 0);
        PROVE(pthread_join(busy, &result) == 0);
        free(result);
    }
    PROVE(rounds >= 600);
    return 0;
}
