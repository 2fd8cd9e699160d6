/*
 * The edges of sizes and alignments: over PTRDIFF_MAX, products that
 * overflow, alignments up to 1 GiB, and what is not a power of two: all as
 * the running libc does it.
 */
#include <malloc.h>

#include "prove.h"

static void
try_huge(void)
{
    static const size_t huge[] = {(size_t)PTRDIFF_MAX,
                                  (size_t)PTRDIFF_MAX + 1,
                                  (size_t)PTRDIFF_MAX - 1,
                                  (size_t)PTRDIFF_MAX - 4096,
                                  SIZE_MAX,
                                  SIZE_MAX - 1,
                                  SIZE_MAX - 15,
                                  SIZE_MAX - 16,
                                  SIZE_MAX - 32,
                                  SIZE_MAX - 4095,
                                  SIZE_MAX - 4096,
                                  SIZE_MAX - 65536,
                                  (size_t)1 << 63,
                                  ((size_t)1 << 63) - 16};
    void *block = keep(malloc(100));
    memset(block, 7, 100);
    for (size_t i = 0; i < sizeof huge / sizeof huge[0]; i++) {
        size_t n = keep_size(huge[i]);
        void *p = NULL;
        PROVE(keep(malloc(n)) == NULL);
        PROVE(keep(calloc(n, 1)) == NULL);
        PROVE(keep(calloc(1, n)) == NULL);
        PROVE(keep(realloc(keep(block), n)) == NULL);
        PROVE(keep(realloc(NULL, n)) == NULL);
        PROVE(keep(aligned_alloc(4096, n)) == NULL);
        PROVE(keep(memalign(32, n)) == NULL);
        PROVE(posix_memalign(&p, 4096, n) == ENOMEM && p == NULL);
        PROVE(keep(valloc(n)) == NULL);
        PROVE(keep(pvalloc(n)) == NULL);
    }
    PROVE(prove_filled(block, 7, 100));
    free(block);
}

static void
try_products(void)
{
    size_t half = keep_size((size_t)1 << 32);
    void *block = keep(malloc(100));
    memset(block, 7, 100);
    PROVE(keep(calloc(half, half)) == NULL);
    PROVE(keep(calloc(half + 1, half)) == NULL);
    PROVE(keep(calloc(keep_size(SIZE_MAX / 2), 3)) == NULL);
    PROVE(keep(calloc(3, keep_size(SIZE_MAX / 2))) == NULL);
    PROVE(keep(reallocarray(keep(block), half, half)) == NULL);
    PROVE(keep(reallocarray(keep(block), keep_size(SIZE_MAX), 16)) == NULL);
    PROVE(prove_filled(block, 7, 100));
    free(block);
    free(keep(calloc(0, keep_size(SIZE_MAX))));
    free(keep(calloc(keep_size(SIZE_MAX), 0)));
}

static void
try_alignments(void)
{
    for (size_t align = sizeof(void *); align <= (size_t)1 << 30; align *= 2) {
        static const size_t sizes[] = {0, 1, 24, 1000, 70000};
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            void *p = NULL;
            PROVE(posix_memalign(&p, align, sizes[i]) == 0);
            p = keep(p);
            PROVE(p != NULL && (uintptr_t)p % align == 0);
            memset(p, 1, sizes[i]);
            p = keep(realloc(p, sizes[i] + 100));
            PROVE(prove_filled(p, 1, sizes[i]));
            free(p);
            p = keep(memalign(align, sizes[i]));
            PROVE(p != NULL && (uintptr_t)p % align == 0);
            memset(p, 2, sizes[i]);
            free(p);
        }
    }
}

static void
try_odd_alignments(void)
{
    /* memalign rounds up to a power of two; so does glibc's aligned_alloc
     * before 2.38, which from then on refuses. */
    void *p = keep(memalign(keep_size(48), 100));
    PROVE(p != NULL && (uintptr_t)p % 64 == 0);
    free(p);
    p = keep(memalign(keep_size(0), 100));
    PROVE(p != NULL && (uintptr_t)p % 16 == 0);
    free(p);
    p = NULL;
    PROVE(posix_memalign(&p, keep_size(0), 10) == EINVAL);
    PROVE(posix_memalign(&p, keep_size(4), 10) == EINVAL);
    PROVE(posix_memalign(&p, keep_size(24), 10) == EINVAL);
    PROVE(p == NULL);
    errno = 0;
    PROVE(keep(memalign(keep_size(SIZE_MAX / 2 + 2), 10)) == NULL);
    PROVE(errno == EINVAL);
}

int
main(void)
{
    try_huge();
    try_products();
    try_alignments();
    try_odd_alignments();
    return 0;
}
