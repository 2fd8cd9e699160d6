/*
 * expect: kind=usable-size-bad size=40 offset=0 alloc=make free=end site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40);
    end(p);
    if (malloc_usable_size(keep(p)) != 0)
        return 1;
    return 0;
}
