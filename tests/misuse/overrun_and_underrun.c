/*
 * expect: kind=underrun size=100 offset=-4 length=4 alloc=make site=end
 * expect: kind=overrun size=100 offset=100 length=2 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100);
    for (int i = -4; i < 0; i++)
        damage(p, i);
    for (int i = 100; i < 102; i++)
        damage(p, i);
    end(p);
    return 0;
}
