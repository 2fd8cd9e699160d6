/*
 * Nothing is held: found in the free slot at exit.
 * opts: check-blank
 * expect: kind=write-after-free size=56 offset=0 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(56);
    end(p);
    bytes(p)[0] = 1;
    return 0;
}
