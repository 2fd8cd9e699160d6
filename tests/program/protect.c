/*
 * Blocks that are protected, read and let go, in threads and across fork, give
 * no finding; and they are the program's to write again.
 */
#define DBGMALLOC_NO_MACROS 1
#include "../../include/dbgmalloc.h"

#include <pthread.h>
#include <sys/wait.h>

#include "prove.h"

enum { BLOCKS = 64, THREADS = 3, ROUNDS = 5 };

static int (*protect)(const void *);
static int (*unprotect)(const void *);

static void
find(void *out, const char *name)
{
    void *symbol = dlsym(RTLD_DEFAULT, name);
    memcpy(out, &symbol, sizeof symbol);
}

static void *
run(void *argument)
{
    static const size_t sizes[] = {0, 1, 100, 4096, 9000, 70000, 600000};
    uint64_t state = (uintptr_t)argument + 1;
    char *blocks[BLOCKS] = {0};
    size_t had[BLOCKS] = {0};

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < BLOCKS; i++) {
            size_t size = sizes[prove_random(&state) % 7];
            if (blocks[i] != NULL) {
                PROVE(had[i] == 0 || blocks[i][had[i] - 1] == (char)i);
                PROVE(unprotect(blocks[i]) == 0);
                memset(blocks[i], i + 1, had[i]);
            }
            free(keep(blocks[i]));
            blocks[i] = keep(malloc(size));
            had[i] = size;
            memset(blocks[i], i, size);
            PROVE(protect(blocks[i]) == 0);
        }
        if (round == 3) {
            pid_t pid = fork();
            int status;
            PROVE(pid >= 0);
            if (pid == 0) {
                PROVE(unprotect(blocks[5]) == 0);
                memset(blocks[5], 9, had[5]);
                _exit(0);
            }
            PROVE(waitpid(pid, &status, 0) == pid && status == 0);
        }
    }
    for (int i = 0; i < BLOCKS; i++) {
        PROVE(unprotect(blocks[i]) == 0);
        free(keep(blocks[i]));
    }
    return NULL;
}

int
main(void)
{
    pthread_t threads[THREADS];
    int here;

    if (!prove_library() || prove_is_off())
        PROVE_SKIP("not under the library, or without records");
    find(&protect, "dbgmalloc_protect");
    find(&unprotect, "dbgmalloc_unprotect");
    PROVE(protect(&here) == DBGMALLOC_E_NOT_FOUND);
    PROVE(unprotect(&here) == DBGMALLOC_E_NOT_FOUND);
    for (long i = 0; i < THREADS; i++)
        PROVE(pthread_create(&threads[i], NULL, run, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        PROVE(pthread_join(threads[i], NULL) == 0);
    return 0;
}
