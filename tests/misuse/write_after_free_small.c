/*
 * Two writes: from the first damaged byte on, two are counted.
 * opts: quarantine=16m
 * expect: kind=write-after-free size=24 offset=5 length=2 alloc=make free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    end(p);
    bytes(p)[5] = 1;
    bytes(p)[23] = 1;
    return 0;
}
