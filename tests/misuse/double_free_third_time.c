/*
 * expect: kind=double-free size=32 offset=0 alloc=make free=end site=end_again
 *     count=3
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(32);
    end(p);
    for (int i = 0; i < 3; i++)
        end_again(p);
    return 0;
}
