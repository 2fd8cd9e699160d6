/*
 * expect: kind=double-free size=40960 offset=0 alloc=make free=end
 *     site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    end(p);
    end_again(p);
    return 0;
}
