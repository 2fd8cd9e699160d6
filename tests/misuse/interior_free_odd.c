/*
 * expect: kind=interior-free size=100 offset=3 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    char *p = (char *)make(100);
    end(p + 3);
    end_again(p);
    return 0;
}
