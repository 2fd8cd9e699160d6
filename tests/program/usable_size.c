/*
 * modes: default medium off production
 * All that malloc_usable_size gives may be written; where the library keeps
 * records it is the requested size; of NULL it is 0.
 */
#include <malloc.h>

#include "prove.h"

int
main(void)
{
    bool is_exact = prove_library() && !prove_is_off();
    PROVE(malloc_usable_size(NULL) == 0);
    for (size_t n = 0; n < 200000; n = n < 300 ? n + 1 : n * 9 / 8) {
        char *p = (char *)keep(malloc(n));
        char *q = (char *)keep(memalign(512, n));
        size_t usable = malloc_usable_size(p);
        PROVE(usable >= n && malloc_usable_size(q) >= n);
        memset(p, 1, usable);
        memset(q, 2, malloc_usable_size(q));
        if (is_exact && n > 0)
            PROVE(usable == n);
        p = (char *)keep(realloc(p, n + 13));
        usable = malloc_usable_size(p);
        PROVE(usable >= n + 13 && (!is_exact || usable == n + 13));
        memset(p, 3, usable);
        free(p);
        free(q);
    }
    return 0;
}
