/*
 * expect: kind=interior-free size=40960 offset=20480 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    end((char *)p + 20480);
    end_again(p);
    return 0;
}
