/*
 * expect: kind=double-free size=60 offset=0 alloc=main free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = keep(calloc(6, 10));
    end(p);
    end_again(p);
    return 0;
}
