/*
 * With an alignment of 16, what is between the block and the page is a fence.
 * opts: guard=above
 * expect: kind=overrun size=100 offset=100 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100);
    damage(p, 100);
    end(p);
    return 0;
}
