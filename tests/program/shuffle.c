/*
 * With shuffle, blocks come in a random order, the same for the same seed, and
 * are as good as any.
 *
 * opts: shuffle
 */
#include <spawn.h>
#include <sys/wait.h>

#include "prove.h"

enum { ORDER = 40, BLOCKS = 3000 };

/* The places of the next blocks, as steps from the lowest one. */
static int
print_order(void)
{
    static char *blocks[ORDER];
    char *lowest = NULL;
    for (int i = 0; i < ORDER; i++) {
        blocks[i] = keep(malloc(1000));
        if (lowest == NULL || blocks[i] < lowest)
            lowest = blocks[i];
    }
    for (int i = 0; i < ORDER; i++)
        dprintf(1, "%ld ", (long)(blocks[i] - lowest));
    return 0;
}

static void
read_order(const char *self, const char *options, char *text, size_t size)
{
    extern char **environ;
    char *arguments[] = {(char *)self, "order", NULL};
    posix_spawn_file_actions_t actions;
    size_t n = 0;
    ssize_t got;
    int pipes[2], status;
    pid_t pid;

    PROVE(setenv("DBGMALLOC_OPTS", options, 1) == 0 && pipe(pipes) == 0);
    PROVE(posix_spawn_file_actions_init(&actions) == 0);
    PROVE(posix_spawn_file_actions_adddup2(&actions, pipes[1], 1) == 0);
    PROVE(posix_spawn(&pid, self, &actions, NULL, arguments, environ) == 0);
    close(pipes[1]);
    while ((got = read(pipes[0], text + n, size - 1 - n)) > 0)
        n += (size_t)got;
    text[n] = '\0';
    close(pipes[0]);
    PROVE(waitpid(pid, &status, 0) == pid && status == 0);
    PROVE(posix_spawn_file_actions_destroy(&actions) == 0);
}

static void
churn(void)
{
    static unsigned char *blocks[BLOCKS];
    static size_t sizes[BLOCKS];
    uint64_t state = 3;

    for (int i = 0; i < 20 * BLOCKS; i++) {
        unsigned at = prove_random(&state) % BLOCKS;
        bool zero = prove_random(&state) % 2 == 0;
        size_t size = prove_random(&state) % 2000;
        PROVE(prove_filled(blocks[at], (unsigned char)at, sizes[at]));
        free(keep(blocks[at]));
        blocks[at] = keep(zero ? calloc(1, size) : malloc(size));
        PROVE(!zero || prove_filled(blocks[at], 0, size));
        memset(blocks[at], (int)at, size);
        sizes[at] = size;
    }
    for (int i = 0; i < BLOCKS; i++)
        free(keep(blocks[i]));
}

int
main(int argc, char **argv)
{
    static char first[4096], again[4096], other[4096], plain[4096];

    if (argc > 1)
        return print_order();
    churn();
    if (!prove_library() || prove_is_off())
        return 0;
    read_order(argv[0], "log=none,shuffle,seed=7", first, sizeof first);
    read_order(argv[0], "log=none,shuffle,seed=7", again, sizeof again);
    read_order(argv[0], "log=none,shuffle,seed=8", other, sizeof other);
    read_order(argv[0], "log=none", plain, sizeof plain);
    PROVE(first[0] != '\0' && strcmp(first, again) == 0);
    PROVE(strcmp(first, other) != 0 && strcmp(first, plain) != 0);
    return 0;
}
