/*
 * mallinfo2, mallinfo, malloc_info, malloc_stats, mallopt and malloc_trim
 * answer truthfully: what is in use rises and falls by what was asked for.
 */
#include <fcntl.h>
#include <malloc.h>

#include "prove.h"

enum { COUNT = 1000, SIZE = 1000 };

static void *blocks[COUNT];

static size_t
in_use(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static void
try_counts(void)
{
    size_t before = in_use();
    for (int i = 0; i < COUNT; i++)
        blocks[i] = keep(malloc(SIZE));
    size_t during = in_use();
    PROVE(during - before >= COUNT * SIZE);
    PROVE(during - before < COUNT * SIZE * 3 / 2);
    /* To the byte, where sizes are kept: only the program's memory counts. */
    if (prove_library() && !prove_is_off())
        PROVE(during - before == COUNT * SIZE);
    for (int i = 0; i < COUNT; i++)
        free(blocks[i]);
    if (prove_library())
        PROVE(in_use() == before);
}

static void
try_info(void)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    PROVE(f != NULL);
    PROVE(malloc_info(0, f) == 0);
    PROVE(malloc_info(1, f) != 0);
    PROVE(fclose(f) == 0);
    PROVE(strncmp(text, "<malloc version=", 16) == 0);
    PROVE(strstr(text, "</malloc>") != NULL);
    free(text);
}

static void
try_stats(void)
{
    /* It speaks on stderr; the test looks there with a pipe. */
    int fds[2];
    char text[4096];
    PROVE(pipe(fds) == 0);
    int saved = dup(2);
    PROVE(saved >= 0 && dup2(fds[1], 2) == 2);
    malloc_stats();
    PROVE(fflush(stderr) == 0);
    PROVE(dup2(saved, 2) == 2);
    PROVE(close(saved) == 0 && close(fds[1]) == 0);
    PROVE(read(fds[0], text, sizeof text) > 10);
    PROVE(close(fds[0]) == 0);
}

int
main(void)
{
    try_counts();
    try_info();
    try_stats();
    PROVE(mallopt(M_ARENA_MAX, 1) == 1);
    PROVE(mallopt(M_MMAP_THRESHOLD, 65536) == 1);
    PROVE(mallopt(M_TRIM_THRESHOLD, 65536) == 1);
    int trimmed = malloc_trim(0);
    PROVE(trimmed == 0 || trimmed == 1);
    try_counts();
    return 0;
}
