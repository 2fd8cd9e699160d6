/*
 * expect: kind=underrun size=24 offset=-1 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    damage(p, -1);
    end(p);
    return 0;
}
