/*
 * bench.h - what the workloads share: the amount of work from the command
 * line, random numbers, and sizes as programs ask for them.
 */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* bench_work - the work asked for in argv[1], as a multiple of `unit`: 1 takes
 * about half a second with libc's malloc. */
static inline long
bench_work(int argc, char **argv, long unit)
{
    double factor = argc > 1 ? strtod(argv[1], NULL) : 1.0;
    return (long)(factor * (double)unit);
}

/* bench_random - xorshift64*, from a fixed seed. */
static inline uint32_t
bench_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)((*state * UINT64_C(2685821657736338717)) >> 32);
}

/*
 * bench_size - a request's size: seven in ten up to 64 bytes, nine in ten up
 * to 256, one in a hundred over 1 KiB, one in ten thousand up to 64 KiB; near
 * what compilers, interpreters and servers ask for.
 */
static inline size_t
bench_size(uint32_t r)
{
    uint32_t kind = r % 10000;
    uint32_t value = r >> 14;
    if (kind < 7000)
        return 8 + value % 57;
    if (kind < 9000)
        return 64 + value % 193;
    if (kind < 9900)
        return 256 + value % 769;
    if (kind < 9999)
        return 1024 + value % 7169;
    return 8192 + value % 57345;
}

/* bench_touch - use a block as a program would: write its ends. */
static inline void *
bench_touch(void *p, size_t n)
{
    if (p == NULL)
        abort();
    ((volatile char *)p)[0] = (char)n;
    ((volatile char *)p)[n - 1] = (char)n;
    return p;
}

static inline void *
bench_make(size_t n)
{
    return bench_touch(malloc(n), n);
}

/* bench_threads - run `run` in `count` threads, with their numbers. */
static inline void
bench_threads(int count, void *(*run)(void *))
{
    pthread_t threads[16];
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i) != 0)
            abort();
    for (int i = 0; i < count; i++)
        if (pthread_join(threads[i], NULL) != 0)
            abort();
}

#endif
