/*
 * expect: kind=interior-free size=24 offset=8 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    end((char *)p + 8);
    end_again(p);
    return 0;
}
