/*
 * large - blocks of 64 KiB to 8 MiB, 20 at a time, of which every page of the
 * smaller and one page in 16 of the larger is written.
 */
#include "bench.h"

enum { SLOTS = 20 };

int
main(int argc, char **argv)
{
    void *slots[SLOTS] = {NULL};
    long work = bench_work(argc, argv, 20000);
    uint64_t seed = 5;
    for (long n = 0; n < work; n++) {
        uint32_t r = bench_random(&seed);
        size_t i = r % SLOTS;
        size_t size = ((size_t)65536 << (r >> 5) % 7) + (r >> 8) % 65536;
        size_t step = size < 1 << 20 ? 4096 : 65536;
        free(slots[i]);
        slots[i] = bench_make(size);
        for (size_t at = 0; at < size; at += step)
            ((volatile char *)slots[i])[at] = 1;
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
