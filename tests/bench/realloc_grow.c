/*
 * realloc_grow - vectors and text buffers that grow: by a fixed step, by half
 * of their size, by doubling; 50 of them at a time, up to 1 MiB each.
 */
#include "bench.h"

enum { BUFFERS = 50, LIMIT = 1 << 20 };

static size_t
next_size(size_t size, size_t way)
{
    if (way == 0)
        return size + 1000;
    return way == 1 ? size + size / 2 : size * 2;
}

int
main(int argc, char **argv)
{
    long work = bench_work(argc, argv, 60);
    for (long n = 0; n < work; n++) {
        char *buffers[BUFFERS] = {NULL};
        size_t sizes[BUFFERS] = {0};
        for (int growing = BUFFERS; growing > 0;) {
            growing = 0;
            for (size_t i = 0; i < BUFFERS; i++) {
                if (sizes[i] > (size_t)LIMIT >> i % 8)
                    continue;
                size_t old = sizes[i];
                sizes[i] = next_size(old + 20, i % 3);
                buffers[i] = (char *)realloc(buffers[i], sizes[i]);
                if (buffers[i] == NULL)
                    abort();
                memset(buffers[i] + old, 1, sizes[i] - old);
                growing++;
            }
        }
        for (size_t i = 0; i < BUFFERS; i++)
            free(buffers[i]);
    }
    return 0;
}
