/*
 * expect: kind=overrun size=24 offset=24 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    damage(p, 24);
    end(p);
    return 0;
}
