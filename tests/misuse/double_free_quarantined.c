/*
 * A thousand blocks later it is still told from the others.
 * opts: quarantine=1m
 * expect: kind=double-free size=24 offset=0 alloc=make free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    end(p);
    for (int i = 0; i < 1000; i++)
        end(make(24));
    end_again(p);
    return 0;
}
