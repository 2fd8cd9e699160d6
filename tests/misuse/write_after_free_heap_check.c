/*
 * opts: quarantine=1m, check-heap, interval=1
 * expect: kind=write-after-free size=200 offset=100 length=1 alloc=make
 *     free=end site=make_later
 */
#include "misuse.h"

APART static void *
make_later(size_t n)
{
    void *p = keep(malloc(n));
    RETURN_HERE();
    return p;
}

int
main(void)
{
    void *p = make(200);
    end(p);
    bytes(p)[100] = 1;
    end_again(make_later(8));
    return 0;
}
