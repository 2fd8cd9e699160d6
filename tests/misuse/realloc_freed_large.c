/*
 * expect: kind=realloc-freed size=2097152 offset=0 alloc=make free=end
 *     site=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    end(p);
    if (resize(p, 10) != NULL)
        return 1;
    return 0;
}
