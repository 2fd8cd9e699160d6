/*
 * One byte before the start is in the page before.
 * opts: guard=below
 * signal: 11
 * expect: kind=bad-write size=100 offset=-1 alloc=make site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100);
    bytes(p)[0] = 1;
    bytes(p)[-1] = 1;
    return 0;
}
