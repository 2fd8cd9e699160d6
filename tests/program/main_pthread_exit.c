/*
 * The main thread ends by pthread_exit; another goes on allocating, frees the
 * main thread's blocks, and ends the process.
 */
#include <pthread.h>

#include "prove.h"

static void *blocks[1000];
static pthread_t main_thread;

static void *
outlive(void *argument)
{
    (void)argument;
    PROVE(pthread_join(main_thread, NULL) == 0);
    for (int i = 0; i < 1000; i++) {
        free(blocks[i]);
        blocks[i] = keep(malloc(77));
        PROVE(blocks[i] != NULL);
    }
    for (int i = 0; i < 1000; i++)
        free(blocks[i]);
    exit(0);
}

int
main(void)
{
    pthread_t thread;
    main_thread = pthread_self();
    for (size_t i = 0; i < 1000; i++)
        blocks[i] = keep(malloc(i));
    PROVE(pthread_create(&thread, NULL, outlive, NULL) == 0);
    pthread_exit(NULL);
}
