/*
 * expect: kind=underrun size=40960 offset=-1 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    damage(p, -1);
    end(p);
    return 0;
}
