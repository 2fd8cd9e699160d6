/*
 * expect: kind=overrun size=48 offset=48 length=16 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(48);
    for (int i = 48; i < 64; i++)
        damage(p, i);
    end(p);
    return 0;
}
