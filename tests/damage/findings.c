/*
 * findings.c N - N findings, each from another stack: a block that was freed is
 * freed again by a chain of calls that spells the number. Prints what it took
 * of memory, in KiB, at the most.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

enum { DEPTH = 20 };

static void call(unsigned path, int depth, void *p);

static void __attribute__((noinline)) end(void *p)
{
    __asm__ volatile("" : "+r"(p) : : "memory");
    free(p);
    __asm__ volatile("" : : : "memory");
}

static void __attribute__((noinline)) call(unsigned path, int depth, void *p)
{
    if (depth == 0)
        end(p);
    else if (path % 2 == 0)
        call(path / 2, depth - 1, p);
    else
        call(path / 2, depth - 1, p);
    /* No tail calls, and not one call for both. */
    __asm__ volatile("" : : "r"(path % 2) : "memory");
}

int
main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 20000;
    struct rusage usage;
    void *p = malloc(100);

    end(p);
    for (unsigned i = 0; i < count; i++)
        call(i, DEPTH, p);
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return 1;
    printf("%ld\n", usage.ru_maxrss);
    return 0;
}
