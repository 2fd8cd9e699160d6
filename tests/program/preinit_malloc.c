/*
 * A block allocated from .preinit_array, before any constructor has run, is
 * a block like any other: resized and freed in main.
 */
#include "prove.h"

static char *early;

static void
allocate_early(void)
{
    early = (char *)keep(malloc(100));
    if (early != NULL)
        memset(early, 'e', 100);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const preinit_entry)(void) = allocate_early;

int
main(void)
{
    PROVE(early != NULL);
    PROVE(prove_filled(early, 'e', 100));
    early = (char *)realloc(early, 100000);
    PROVE(early != NULL && prove_filled(early, 'e', 100));
    free(early);
    return 0;
}
