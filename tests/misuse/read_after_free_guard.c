/*
 * opts: guard=above
 * signal: 11
 * expect: kind=use-after-free size=24 offset=0 alloc=make free=end
 *     site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    bytes(p)[0] = 1;
    end(p);
    return bytes(p)[0];
}
