/*
 * Blocks of every size from every entry point are aligned to 16, which the
 * compiler relies on, and no two live ones overlap.
 */
#include "prove.h"

enum { COUNT = 4000 };

static struct piece {
    uintptr_t at;
    size_t size;
} pieces[COUNT];

static int
compare(const void *a, const void *b)
{
    const struct piece *x = (const struct piece *)a;
    const struct piece *y = (const struct piece *)b;
    return (x->at > y->at) - (x->at < y->at);
}

int
main(void)
{
    uint64_t seed = 31;
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < COUNT; i++) {
            size_t n = prove_random(&seed) % (i % 100 == 0 ? 100000 : 1500) + 1;
            void *p = i % 4 == 0   ? calloc(n, 1)
                      : i % 4 == 1 ? realloc(keep(malloc(7)), n)
                                   : malloc(n);
            pieces[i].at = (uintptr_t)keep(p);
            pieces[i].size = n;
            PROVE(p != NULL && pieces[i].at % 16 == 0);
        }
        qsort(pieces, COUNT, sizeof pieces[0], compare);
        for (size_t i = 1; i < COUNT; i++)
            PROVE(pieces[i - 1].at + pieces[i - 1].size <= pieces[i].at);
        for (size_t i = 0; i < COUNT; i++)
            free((void *)pieces[i].at);
    }
    return 0;
}
