/*
 * Nothing is held: found as the slot is used again.
 * opts: check-blank
 * expect: kind=write-after-free size=56 offset=55 length=1 alloc=make
 *     free=end site=make_again
 */
#include "misuse.h"

APART static void *
make_again(size_t n)
{
    void *p = keep(malloc(n));
    RETURN_HERE();
    return p;
}

int
main(void)
{
    void *p = make(56);
    end(p);
    bytes(p)[55] = 1;
    end_again(make_again(56));
    return 0;
}
