/*
 * A call that succeeds leaves errno alone, free always does, and one that
 * fails sets ENOMEM or EINVAL; posix_memalign returns its error and touches
 * neither errno nor the pointer.
 */
#include <malloc.h>

#include "prove.h"

static void
try_success(size_t n)
{
    void *p;
    errno = 4711;
    p = keep(malloc(n));
    p = keep(realloc(p, 2 * n + 1));
    p = keep(realloc(p, n + 1));
    PROVE(malloc_usable_size(p) >= n + 1);
    free(p);
    free(keep(calloc(n, 3)));
    free(keep(aligned_alloc(64, (n + 63) / 64 * 64)));
    free(keep(memalign(4096, n)));
    PROVE(posix_memalign(&p, 4096, n) == 0);
    free(p);
    free(keep(reallocarray(NULL, n, 7)));
    free(keep(valloc(n)));
    free(NULL);
    PROVE(errno == 4711);
}

static void
try_failure(void)
{
    size_t huge = keep_size((size_t)PTRDIFF_MAX + 1);
    void *mark = &mark;
    void *p = mark;
    errno = 0;
    PROVE(keep(malloc(huge)) == NULL && errno == ENOMEM);
    errno = 0;
    PROVE(keep(calloc(huge, 4)) == NULL && errno == ENOMEM);
    void *block = keep(malloc(10));
    memset(block, 9, 10);
    errno = 0;
    PROVE(keep(realloc(keep(block), huge)) == NULL && errno == ENOMEM);
    errno = 0;
    PROVE(keep(reallocarray(keep(block), huge, 2)) == NULL && errno == ENOMEM);
    PROVE(prove_filled(block, 9, 10));
    free(block);
    errno = 0;
    PROVE(keep(aligned_alloc(64, huge)) == NULL && errno == ENOMEM);
    errno = 0;
    PROVE(keep(memalign(64, huge)) == NULL && errno == ENOMEM);
    errno = 4711;
    PROVE(posix_memalign(&p, 64, huge) == ENOMEM);
    PROVE(errno == 4711 || !prove_library());
    PROVE(posix_memalign(&p, keep_size(3), 10) == EINVAL);
    PROVE(posix_memalign(&p, keep_size(sizeof p / 2), 10) == EINVAL);
    PROVE(p == mark);
}

int
main(void)
{
    static const size_t sizes[] = {0, 1, 100, 5000, 40000, 200000, 3000000};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
            try_success(sizes[i]);
    try_failure();
    return 0;
}
