/*
 * opts: quarantine=64m
 * expect: kind=usable-size-bad size=3000000 offset=0 alloc=make free=end
 *     site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(3000000);
    end(p);
    if (malloc_usable_size(keep(p)) != 0)
        return 1;
    return 0;
}
