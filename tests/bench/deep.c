/*
 * deep - one thread, one block of 64 bytes made and freed at a time, twenty
 * frames down: what a whole stack costs where it hardly changes.
 */
#include "bench.h"

#define DEPTH 20

static volatile unsigned left;

static __attribute__((noinline)) void
pairs(long work)
{
    for (long n = 0; n < work; n++)
        free(bench_make(64));
    left++;
}

static __attribute__((noinline)) void
go_down(unsigned depth, long work)
{
    if (depth == 0)
        pairs(work);
    else
        go_down(depth - 1, work);
    left++;
}

int
main(int argc, char **argv)
{
    go_down(DEPTH - 2, bench_work(argc, argv, 20000000));
    return 0;
}
