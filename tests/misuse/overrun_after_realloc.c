/*
 * The end is where the last realloc has put it.
 * expect: kind=overrun size=20 offset=20 length=1 alloc=resize site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = resize(make(50), 20);
    damage(p, 20);
    end(p);
    return 0;
}
