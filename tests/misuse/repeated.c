/*
 * One finding, however often it is made.
 *
 * expect: kind=double-free size=24 alloc=make site=end count=100000
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    for (int i = 0; i <= 100000; i++)
        end(p);
    return 0;
}
