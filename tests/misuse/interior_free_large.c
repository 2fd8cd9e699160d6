/*
 * expect: kind=interior-free size=2097152 offset=1048576 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    end((char *)p + 1048576);
    end_again(p);
    return 0;
}
