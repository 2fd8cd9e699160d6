/*
 * expect: kind=interior-free size=24 offset=0 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    end((char *)p + 0);
    end_again(p);
    return 0;
}
