/*
 * expect: kind=overrun size=2097152 offset=2097152 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    damage(p, 2 << 20);
    end(p);
    return 0;
}
