/*
 * One byte past the end is in the next page.
 * opts: guard=above, align=1
 * signal: 11
 * expect: kind=bad-write size=100 offset=100 alloc=make site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100);
    bytes(p)[99] = 1;
    bytes(p)[100] = 1;
    return 0;
}
