/*
 * opts: exit-code=99
 * exit: 99
 * expect: kind=double-free size=24 offset=0 alloc=make free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    end(p);
    end_again(p);
    return 0;
}
