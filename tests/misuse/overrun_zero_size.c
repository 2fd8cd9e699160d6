/*
 * The first byte of a block of none is behind its end.
 * expect: kind=overrun size=0 offset=0 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(0);
    damage(p, 0);
    end(p);
    return 0;
}
