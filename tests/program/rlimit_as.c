/*
 * Under RLIMIT_AS, set before the start of the program or while it runs,
 * malloc gives NULL and ENOMEM when no more is to be had, what is held stays
 * whole, and after a free it gives again.
 */
#include <sys/resource.h>

#include "prove.h"

enum { BLOCKS = 100000, SIZE = 4000 };

static void *blocks[BLOCKS];

static void
fill_and_recover(void)
{
    int count = 0;
    errno = 0;
    while (count < BLOCKS && (blocks[count] = keep(malloc(SIZE))) != NULL) {
        memset(blocks[count], count, SIZE);
        count++;
    }
    PROVE(count < BLOCKS && errno == ENOMEM);
    dprintf(2, "%d blocks of %d bytes\n", count, (int)SIZE);
    PROVE(count > 1000);
    PROVE(keep(malloc((size_t)1 << 30)) == NULL);
    PROVE(keep(realloc(blocks[0], (size_t)1 << 30)) == NULL);
    for (int i = 0; i < count; i++) {
        PROVE(prove_filled(blocks[i], (unsigned char)i, SIZE));
        free(blocks[i]);
    }
    for (int i = 0; i < 1000; i++) {
        blocks[i] = keep(malloc(SIZE));
        PROVE(blocks[i] != NULL);
    }
    for (int i = 0; i < 1000; i++)
        free(blocks[i]);
}

int
main(int argc, char **argv)
{
    struct rlimit limit = {(rlim_t)200 << 20, (rlim_t)200 << 20};
    char name[] = "rlimit_as";
    char again[] = "again";
    char *const arguments[] = {name, again, NULL};
    (void)argv;
    if (argc > 1) { /* The limit stood when this image was started. */
        fill_and_recover();
        return 0;
    }
    limit.rlim_cur = (rlim_t)300 << 20;
    limit.rlim_max = (rlim_t)300 << 20;
    for (int i = 0; i < 100; i++)
        blocks[i] = keep(malloc(SIZE));
    PROVE(setrlimit(RLIMIT_AS, &limit) == 0);
    for (int i = 0; i < 100; i++)
        free(blocks[i]);
    limit.rlim_cur = (rlim_t)200 << 20;
    limit.rlim_max = (rlim_t)200 << 20;
    PROVE(setrlimit(RLIMIT_AS, &limit) == 0);
    PROVE(execv("/proc/self/exe", arguments) == 0);
    return 1;
}
