/*
 * expect: kind=double-free size=100 offset=0 alloc=main free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = keep(memalign(4096, 100));
    end(p);
    end_again(p);
    return 0;
}
