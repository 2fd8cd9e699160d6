/*
 * The page is at the end; before the start all of the block's page is fence.
 * opts: guard=above, align=1
 * expect: kind=underrun size=101 offset=-300 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(101);
    damage(p, -300);
    end(p);
    return 0;
}
