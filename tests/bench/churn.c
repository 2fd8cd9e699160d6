/*
 * churn - one thread, 20,000 live blocks of mixed sizes; a random one is
 * freed and made anew, a few are resized.
 */
#include "bench.h"

enum { SLOTS = 20000 };

int
main(int argc, char **argv)
{
    static void *slots[SLOTS];
    long work = bench_work(argc, argv, 9000000);
    uint64_t seed = 1;
    for (long n = 0; n < work; n++) {
        uint32_t r = bench_random(&seed);
        size_t size = bench_size(bench_random(&seed));
        size_t i = r % SLOTS;
        if (r >> 27 == 0 && slots[i] != NULL) {
            slots[i] = bench_touch(realloc(slots[i], size), size);
        } else {
            free(slots[i]);
            slots[i] = bench_make(size);
        }
    }
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i]);
    return 0;
}
