/*
 * sampled.c - known numbers of blocks from stacks of their own.
 *
 * usage: sampled keep|lose|twice
 *   keep   two threads each keep 20,000 blocks of 32 bytes, 2,000 of 300 and 20
 *          of 50,000, and 3,000 that realloc made 700 bytes from 10; as many of
 *          the small ones they make and free again
 *   lose   100 blocks of 8 bytes are lost
 *   twice  a block is freed twice
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void *volatile kept;

#define KEEPER(name, count, make)                                              \
    __attribute__((noinline)) static void name(void)                           \
    {                                                                          \
        for (int i = 0; i < (count); i++)                                      \
            kept = make;                                                       \
    }

KEEPER(keep_small, 20000, malloc(32))
KEEPER(keep_middle, 2000, calloc(3, 100))
KEEPER(keep_large, 20, malloc(50000))
KEEPER(keep_grown, 3000, realloc(malloc(10), 700))

__attribute__((noinline)) static void
pass_small(void)
{
    for (int i = 0; i < 20000; i++)
        free(kept = malloc(32));
}

static void *
keep(void *argument)
{
    keep_small();
    keep_middle();
    keep_large();
    keep_grown();
    pass_small();
    return argument;
}

int
main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";

    if (strcmp(what, "keep") == 0) {
        pthread_t thread;

        pthread_create(&thread, NULL, keep, NULL);
        pthread_join(thread, NULL);
        keep(NULL);
    } else if (strcmp(what, "lose") == 0) {
        for (int i = 0; i < 100; i++)
            kept = malloc(8);
        kept = NULL;
    } else if (strcmp(what, "twice") == 0) {
        char *p = malloc(8);

        kept = p;
        free(p);
        free(kept);
        kept = NULL;
    }
    return 0;
}
