/*
 * opts: quarantine=64m
 * expect: kind=realloc-freed size=100000 offset=0 alloc=make free=end
 *     site=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100000);
    end(p);
    end(make(100000));
    if (resize(p, 10) != NULL)
        return 1;
    return 0;
}
