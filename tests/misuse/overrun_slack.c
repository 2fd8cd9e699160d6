/*
 * Not next to the end, but in the slack or fence behind it.
 * expect: kind=overrun size=33 offset=45 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(33);
    damage(p, 45);
    end(p);
    return 0;
}
