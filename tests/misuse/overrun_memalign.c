/*
 * expect: kind=overrun size=100 offset=100 length=1 alloc=main site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = keep(memalign(1024, 100));
    damage(p, 100);
    end(p);
    return 0;
}
