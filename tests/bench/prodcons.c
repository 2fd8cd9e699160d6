/*
 * prodcons - a producer makes batches of blocks, a consumer frees them: every
 * free is in another thread than the allocation.
 */
#include "bench.h"

enum { BATCH = 256, RING = 64 };

static void *ring[RING][BATCH];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned filled;  /* batches made, under the lock */
static unsigned emptied; /* batches freed, under the lock */
static unsigned batches;

/* step - count one batch, then wait until the other side has caught up. */
static void
step(unsigned *count, int is_producer)
{
    (void)pthread_mutex_lock(&lock); /* A plain mutex does not fail. */
    if (count != NULL)
        ++*count;
    (void)pthread_cond_broadcast(&changed); /* It never fails. */
    while (is_producer ? filled - emptied == RING
                       : filled == emptied && filled != batches)
        (void)pthread_cond_wait(&changed, &lock); /* It never fails. */
    (void)pthread_mutex_unlock(&lock);            /* Held by us. */
}

static void
produce(void)
{
    uint64_t seed = 2;
    for (unsigned n = 0; n < batches; n++) {
        for (size_t i = 0; i < BATCH; i++)
            ring[n % RING][i] = bench_make(bench_size(bench_random(&seed)));
        step(&filled, 1);
    }
}

static void
consume(void)
{
    step(NULL, 0);
    for (unsigned n = 0; n < batches; n++) {
        for (size_t i = 0; i < BATCH; i++)
            free(ring[n % RING][i]);
        step(&emptied, 0);
    }
}

static void *
run(void *number)
{
    if (number == NULL)
        produce();
    else
        consume();
    return NULL;
}

int
main(int argc, char **argv)
{
    batches = (unsigned)bench_work(argc, argv, 25000);
    bench_threads(2, run);
    return 0;
}
