/*
 * expect: kind=overrun size=30 offset=30 length=1 alloc=main site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = keep(calloc(3, 10));
    damage(p, 30);
    end(p);
    return 0;
}
