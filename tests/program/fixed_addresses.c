/*
 * link: fixed
 * A program of fixed addresses that takes the address of malloc and free: they
 * have an entry in the program itself, and the heap is ours all the same.
 */
#include <malloc.h>

#include "prove.h"

int
main(void)
{
    /* In code: data would hold what the loader finds. */
    void *(*volatile make)(size_t) = malloc;
    void (*volatile drop)(void *) = free;
    /* Ours gives the requested size or, without records, a slot's of 16 bytes;
     * libc's has 24. */
    char *p = make(10);
    PROVE(p != NULL);
    PROVE(malloc_usable_size(p) == (prove_is_off() ? 16 : 10) ||
          !prove_library());
    drop(p);
    return 0;
}
