/*
 * expect: kind=double-free size=100 offset=0 alloc=make free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100);
    end(p);
    for (size_t n = 1000; n < 2000; n++)
        free(keep(malloc(n)));
    end_again(p);
    return 0;
}
