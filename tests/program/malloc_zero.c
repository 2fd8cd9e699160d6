/*
 * Blocks of no bytes are not NULL, differ from one another, and can be
 * resized and freed.
 */
#include "prove.h"

enum { COUNT = 10000 };

static int
compare(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a;
    uintptr_t y = *(const uintptr_t *)b;
    return (x > y) - (x < y);
}

int
main(void)
{
    static uintptr_t blocks[COUNT];
    for (int i = 0; i < COUNT; i++) {
        void *p = i % 3 == 0   ? malloc(keep_size(0))
                  : i % 3 == 1 ? calloc(keep_size(0), 5)
                               : realloc(NULL, keep_size(0));
        PROVE(keep(p) != NULL && (uintptr_t)p % 16 == 0);
        blocks[i] = (uintptr_t)p;
    }
    qsort(blocks, COUNT, sizeof blocks[0], compare);
    for (int i = 1; i < COUNT; i++)
        PROVE(blocks[i] != blocks[i - 1]);
    for (int i = 0; i < COUNT; i++) {
        void *p = (void *)blocks[i];
        if (i % 2 == 0) {
            p = keep(realloc(p, 10));
            PROVE(p != NULL);
            memset(p, 1, 10);
        }
        free(p);
    }
    return 0;
}
