/*
 * A heap check finds what was changed in a protected block, at both ends of
 * its pages that are closed to writes; each time once.
 *
 * link: library
 * opts: check-heap, interval=1
 * expect: kind=protected-write size=20000 offset=0 length=1 alloc=make
 * expect: kind=protected-write size=20000 offset=19998 length=2 alloc=make
 */
#define DBGMALLOC_NO_MACROS
#include "dbgmalloc.h"
#include "misuse.h"

int
main(void)
{
    char *p = make(20000);
    if (dbgmalloc_protect(p) != 0)
        return 1;
    damage(p, 0);
    end(make(10));
    damage(p, 19999);
    damage(p, 19998);
    end(make(10));
    end(make(10));
    if (dbgmalloc_unprotect(p) != 0)
        return 1;
    end(p);
    return 0;
}
