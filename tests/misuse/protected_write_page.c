/*
 * A write to a page that is all a protected block's faults at once.
 *
 * link: library
 * signal: 11
 * expect: kind=protected-write size=20000 offset=9000 access=write alloc=make
 *     site=main
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
    bytes(p)[9000] = 1;
    return 0;
}
