/*
 * Threads fill memory, free it and end, one after the other: what one had is
 * used again by the next, and blocks whose maker has ended can be freed.
 */
#include <pthread.h>

#include "prove.h"

enum { BLOCKS = 20000, SIZE = 1000 };

static void *
fill(void *argument)
{
    void **blocks = (void **)argument;
    for (int i = 0; i < BLOCKS; i++) {
        free(blocks[i]);
        blocks[i] = keep(malloc(SIZE));
        PROVE(blocks[i] != NULL);
        memset(blocks[i], i, SIZE);
    }
    return NULL;
}

int
main(void)
{
    void **blocks = (void **)calloc(BLOCKS, sizeof *blocks);
    PROVE(blocks != NULL);
    long first = 0;
    for (int round = 0; round < 12; round++) {
        pthread_t thread;
        PROVE(pthread_create(&thread, NULL, fill, blocks) == 0);
        PROVE(pthread_join(thread, NULL) == 0);
        if (round == 2)
            first = prove_status_kb("VmRSS:");
    }
    long last = prove_status_kb("VmRSS:");
    dprintf(2, "resident: %ld KiB, then %ld KiB\n", first, last);
    PROVE(last < first + first / 4 + 4096);
    for (int i = 0; i < BLOCKS; i++) {
        PROVE(prove_filled(blocks[i], (unsigned char)i, SIZE));
        free(blocks[i]);
    }
    free(blocks);
    return 0;
}
