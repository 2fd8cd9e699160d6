/*
 * modes: default medium off production
 * realloc keeps contents over every step of size, up and down, from every
 * entry point; realloc(p, 0) frees and gives NULL; realloc(NULL, n) allocates.
 */
#include <malloc.h>

#include "prove.h"

static unsigned char
pattern(size_t i)
{
    return (unsigned char)(i * 31 + (i >> 8));
}

static void
check(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        PROVE(p[i] == pattern(i));
}

static unsigned char *
step(unsigned char *p, size_t *size, size_t next)
{
    p = (unsigned char *)realloc(p, next);
    PROVE(p != NULL && (uintptr_t)p % 16 == 0);
    check(p, *size < next ? *size : next);
    for (size_t i = 0; i < next; i++)
        p[i] = pattern(i);
    *size = next;
    return p;
}

static void
try_all_steps(unsigned char *p, size_t size)
{
    static const size_t sizes[] = {1,      15,     16,      17,      24,
                                   100,    1000,   4095,    4096,    4097,
                                   30000,  33000,  65536,   100000,  131072,
                                   300000, 999999, 1 << 20, 5000000, 64};
    size_t count = sizeof sizes / sizeof sizes[0];
    for (size_t i = 0; i < size; i++)
        p[i] = pattern(i);
    for (size_t i = 0; i < count; i++) {
        p = step(p, &size, sizes[i]);
        p = step(p, &size, sizes[count - 1 - i]);
    }
    for (size_t n = 1; n < 3000; n += 7)
        p = step(p, &size, n);
    free(p);
}

int
main(void)
{
    void *p;
    try_all_steps((unsigned char *)keep(malloc(10)), 10);
    try_all_steps((unsigned char *)keep(calloc(10, 10)), 100);
    try_all_steps((unsigned char *)keep(aligned_alloc(4096, 8192)), 8192);
    try_all_steps((unsigned char *)keep(memalign(1 << 20, 100)), 100);
    try_all_steps((unsigned char *)keep(valloc(5000)), 5000);
    try_all_steps((unsigned char *)keep(realloc(NULL, 3)), 3);
    for (int i = 0; i < 1000; i++) {
        p = keep(malloc(100));
        PROVE(keep(realloc(p, keep_size(0))) == NULL);
    }
    p = keep(realloc(NULL, keep_size(0)));
    PROVE(p != NULL);
    free(p);
    p = keep(reallocarray(NULL, 10, 10));
    PROVE(keep(reallocarray(p, 10, keep_size(0))) == NULL);
    return 0;
}
