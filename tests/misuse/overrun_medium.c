/*
 * expect: kind=overrun size=40960 offset=40960 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    damage(p, 40960);
    end(p);
    return 0;
}
