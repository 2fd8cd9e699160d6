/*
 * A byte of a block that the program protects is changed: it is found where
 * the protection ends, once.
 *
 * link: library
 * expect: kind=protected-write size=100 offset=7 length=1 access=write
 *     alloc=make site=main
 */
#define DBGMALLOC_NO_MACROS
#include "dbgmalloc.h"
#include "misuse.h"

int
main(void)
{
    char *p = make(100);
    if (dbgmalloc_protect(p) != 0)
        return 1;
    damage(p, 7);
    if (dbgmalloc_unprotect(p) != 0 || dbgmalloc_unprotect(p) == 0)
        return 1;
    damage(p, 8);
    end(p);
    return 0;
}
