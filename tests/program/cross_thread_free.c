/*
 * args: 2
 * modes: default medium off production
 * 8 threads free each other's blocks for some seconds (the argument); each
 * block still holds what its maker wrote, and at the end the heap's count of
 * live bytes is what it was at the start, to the byte (under the library).
 */
#include <malloc.h>
#include <pthread.h>
#include <time.h>

#include "prove.h"

enum { THREADS = 8, SLOTS = 4096 };

struct parcel {
    size_t size;
    unsigned char mark;
    unsigned char bytes[];
};

static struct parcel *slots[SLOTS];
static volatile int stop;

static struct parcel *
parcel_make(uint32_t r)
{
    size_t size = r % 64 == 0 ? r % 40000 : r % 400;
    struct parcel *parcel =
        (struct parcel *)keep(malloc(sizeof *parcel + size));
    PROVE(parcel != NULL);
    parcel->size = size;
    parcel->mark = (unsigned char)r;
    memset(parcel->bytes, parcel->mark, size);
    return parcel;
}

static void
parcel_end(struct parcel *parcel)
{
    if (parcel == NULL)
        return;
    PROVE(prove_filled(parcel->bytes, parcel->mark, parcel->size));
    free(parcel);
}

static void *
exchange(void *argument)
{
    uint64_t seed = 1234567 + (uintptr_t)argument * 7919;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint32_t r = prove_random(&seed);
        struct parcel *mine = parcel_make(r);
        struct parcel *other = __atomic_exchange_n(&slots[(r >> 8) % SLOTS],
                                                   mine, __ATOMIC_ACQ_REL);
        parcel_end(other);
    }
    return NULL;
}

static void
run(unsigned seconds)
{
    pthread_t threads[THREADS];
    __atomic_store_n(&stop, 0, __ATOMIC_RELAXED);
    for (size_t i = 0; i < THREADS; i++)
        PROVE(pthread_create(&threads[i], NULL, exchange, (void *)i) == 0);
    struct timespec wait = {.tv_sec = seconds, .tv_nsec = 0};
    PROVE(nanosleep(&wait, NULL) == 0);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (size_t i = 0; i < THREADS; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
    for (size_t i = 0; i < SLOTS; i++) {
        parcel_end(slots[i]);
        slots[i] = NULL;
    }
}

int
main(int argc, char **argv)
{
    long seconds = prove_argument(argc, argv, 2);
    run(0); /* libc keeps the stacks and lists of threads from here on. */
    struct mallinfo2 before = mallinfo2();
    run((unsigned)seconds);
    struct mallinfo2 after = mallinfo2();
    if (prove_library()) {
        dprintf(2, "in use: %zu bytes before, %zu after\n", before.uordblks,
                after.uordblks);
        PROVE(after.uordblks == before.uordblks);
    }
    return 0;
}
