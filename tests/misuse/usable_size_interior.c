/*
 * expect: kind=usable-size-bad size=40 offset=8 alloc=make site=main
 */
#include "misuse.h"

int
main(void)
{
    char *p = (char *)make(40);
    if (malloc_usable_size(keep(p + 8)) != 0)
        return 1;
    end(p);
    return 0;
}
