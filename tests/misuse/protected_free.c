/*
 * Protected blocks are freed and resized: that is a finding, and it is done.
 *
 * link: library
 * expect: kind=protected-free size=24 offset=0 alloc=make site=end
 * expect: kind=protected-free size=300000 offset=0 alloc=make site=resize
 */
#define DBGMALLOC_NO_MACROS
#include "dbgmalloc.h"
#include "misuse.h"

int
main(void)
{
    char *p = make(24);
    char *q = make(300000);
    if (dbgmalloc_protect(p) != 0 || dbgmalloc_protect(q) != 0)
        return 1;
    end(p);
    q = resize(q, 500000);
    damage(q, 9000); /* it is open again */
    end(q);
    return 0;
}
