/*
 * args: 3000
 * long: 10000
 * modes: default medium off production
 * N threads (the argument) start, allocate, leave blocks to others, and end:
 * memory does not grow with the number of threads that have been.
 */
#include <pthread.h>

#include "prove.h"

enum { AT_ONCE = 20 };

static void *
live(void *argument)
{
    void *left = keep(malloc(200));
    for (size_t i = 1; i < 30; i++)
        free(keep(malloc(i * 64)));
    free(argument);
    return left;
}

static void
run(long count)
{
    for (long done = 0; done < count; done += AT_ONCE) {
        pthread_t threads[AT_ONCE];
        for (int i = 0; i < AT_ONCE; i++)
            PROVE(pthread_create(&threads[i], NULL, live, keep(malloc(100))) ==
                  0);
        for (int i = 0; i < AT_ONCE; i++) {
            void *left;
            PROVE(pthread_join(threads[i], &left) == 0);
            PROVE(left != NULL);
            free(left);
        }
    }
}

int
main(int argc, char **argv)
{
    long count = prove_argument(argc, argv, 10000);
    run(count / 5);
    long before = prove_status_kb("VmRSS:");
    run(count);
    long after = prove_status_kb("VmRSS:");
    dprintf(2, "resident: %ld KiB, then %ld KiB\n", before, after);
    PROVE(after - before < 8192);
    return 0;
}
