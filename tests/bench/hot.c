/*
 * hot - one thread, blocks of 16 to 64 bytes, four made and freed at a time:
 * the shortest path through the allocator.
 */
#include "bench.h"

int
main(int argc, char **argv)
{
    long work = bench_work(argc, argv, 12000000);
    for (long n = 0; n < work; n++) {
        size_t size = 16 + (size_t)n % 49;
        void *a = bench_make(size);
        void *b = bench_make(80 - size);
        void *c = bench_make(16);
        void *d = bench_make(64);
        free(b);
        free(a);
        free(d);
        free(c);
    }
    return 0;
}
