/*
 * expect: kind=underrun size=40 offset=-4 length=4 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40);
    for (int i = -4; i < 0; i++)
        damage(p, i);
    end(p);
    return 0;
}
