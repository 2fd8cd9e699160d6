/*
 * plugin.c - a library that is loaded and closed; SHAPE gives its frames
 * another size, so that a rule of one is wrong in the other.
 */
#include <stdlib.h>

static volatile int sink;

__attribute__((noinline)) static void *
make(int n)
{
    volatile char bytes[16 + SHAPE * 48];
    void *p;

    bytes[0] = (char)n;
    p = malloc(10 + (size_t)n);
    sink += bytes[0];
    return p;
}

__attribute__((noinline, visibility("default"))) void *
work(int n)
{
    volatile char bytes[32 + SHAPE * 80];
    void *p;

    bytes[1] = (char)n;
    if (n % 3 != 0)
        free(work(n - 1));
    p = make(n);
    sink += bytes[1];
    return p;
}
