/*
 * pairs SECONDS - one thread, one block of 64 bytes made and freed at a time,
 * twenty frames down, for so long; the CPU time of a pair in ns is printed each
 * tenth of a second of it, so that what changes from outside can be seen.
 */
#include "bench.h"

#include <stdio.h>
#include <time.h>

#define DEPTH 20
#define PAIRS 20000

static volatile unsigned left;

static double
cpu_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static __attribute__((noinline)) void
pairs(double end)
{
    double now = cpu_ns();

    while (now < end) {
        double start = now;
        long done = 0;

        while (now - start < 1e8) {
            for (long n = 0; n < PAIRS; n++)
                free(bench_make(64));
            done += PAIRS;
            now = cpu_ns();
        }
        printf("%.1f\n", (now - start) / (double)done);
        fflush(stdout);
    }
    left++;
}

static __attribute__((noinline)) void
go_down(unsigned depth, double end)
{
    if (depth == 0)
        pairs(end);
    else
        go_down(depth - 1, end);
    left++;
}

int
main(int argc, char **argv)
{
    go_down(DEPTH - 2, cpu_ns() + 1e9 * (argc > 1 ? atof(argv[1]) : 10));
    return 0;
}
