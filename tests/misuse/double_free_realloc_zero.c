/*
 * realloc to nothing frees.
 * expect: kind=double-free size=24 offset=0 alloc=make free=resize site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    if (resize(p, 0) != NULL)
        return 1;
    end(p);
    return 0;
}
