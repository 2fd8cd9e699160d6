/*
 * leakscan [SHAPE [COUNT]] - how long a leak check of many live blocks takes:
 * the library's where it is preloaded, LeakSanitizer's where this is compiled
 * with -fsanitize=leak. Prints blocks, bytes and milliseconds of CPU.
 *
 *   random  2^24 blocks of 64 bytes (1 GB), all eight words of each a pointer:
 *           one goes on to the next of a list in random order, seven lead
 *           anywhere
 *   list    10,000,000 nodes of 16 bytes, one after the other
 *   tree    2^20 nodes of 48 bytes, under two pointers each, and a string each
 */
#include "bench.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

size_t dbgmalloc_leak_check(int flags) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static void **root;

/* A table that is met at random, without the library's help. */
static void *
make_table(size_t bytes)
{
    void *table = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (table == MAP_FAILED)
        abort();
    (void)madvise(table, bytes, MADV_HUGEPAGE);
    return table;
}

/* In the order in which they were made, each block gets its pointers: the first
 * makes one ring of them all (Sattolo, 1986). */
static void **
make_random(size_t count)
{
    void ***blocks = (void ***)make_table(count * sizeof *blocks);
    uint32_t *next = (uint32_t *)make_table(count * sizeof *next);
    uint64_t seed = 7;
    void **first;

    for (size_t i = 0; i < count; i++) {
        blocks[i] = (void **)bench_make(64);
        next[i] = (uint32_t)i;
    }
    for (size_t i = count - 1; i > 0; i--) {
        size_t at = bench_random(&seed) % i;
        uint32_t taken = next[i];

        next[i] = next[at];
        next[at] = taken;
    }
    for (size_t i = 0; i < count; i++) {
        blocks[i][0] = blocks[next[i]];
        for (int word = 1; word < 8; word++)
            blocks[i][word] = blocks[bench_random(&seed) % count];
    }
    first = blocks[0];
    munmap(blocks, count * sizeof *blocks);
    munmap(next, count * sizeof *next);
    return first;
}

static void **
make_list(size_t count)
{
    void **last = NULL;

    for (size_t i = 0; i < count; i++) {
        void **node = (void **)bench_make(16);

        node[0] = last;
        node[1] = NULL;
        last = node;
    }
    return last;
}

static void **
make_tree(size_t count)
{
    void **node;

    if (count == 0)
        return NULL;
    node = (void **)bench_make(48);
    memset(node, 0, 48);
    node[2] = bench_make(24);
    memset(node[2], 'x', 24);
    node[0] = make_tree((count - 1) / 2);
    node[1] = make_tree(count - 1 - (count - 1) / 2);
    return node;
}

/* CPU, that of processes that helped included. */
static double
cpu_ms(void)
{
    double sum = 0;

    for (int who = 0; who < 2; who++) {
        struct rusage usage;

        getrusage(who == 0 ? RUSAGE_SELF : RUSAGE_CHILDREN, &usage);
        sum += (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
    }
    return sum;
}

int
main(int argc, char **argv)
{
    const char *shape = argc > 1 ? argv[1] : "random";
    size_t count = argc > 2 ? strtoul(argv[2], NULL, 0) : 0;
    size_t bytes = 64;
    size_t lost = 0;
    double start;

    if (strcmp(shape, "list") == 0) {
        count = count != 0 ? count : 10000000;
        bytes = 16;
        root = make_list(count);
    } else if (strcmp(shape, "tree") == 0) {
        count = count != 0 ? count : 1 << 20;
        bytes = 48 + 24;
        root = make_tree(count);
    } else {
        count = count != 0 ? count : 1 << 24;
        root = make_random(count);
    }
    start = cpu_ms();
    if (dbgmalloc_leak_check != NULL)
        lost = dbgmalloc_leak_check(0);
    else if (__lsan_do_recoverable_leak_check != NULL)
        lost = (size_t)__lsan_do_recoverable_leak_check();
    printf("%s: %zu blocks, %zu bytes, %.0f ms, %zu lost\n", shape, count,
           count * bytes, cpu_ms() - start, lost);
    fflush(stdout);
    _Exit(lost > 0 || root == NULL);
}
