/*
 * A write through the fence into what comes next.
 * expect: kind=overrun size=32 offset=32 alloc=make
 * others: allowed
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(32);
    void *q = make(32);
    memset(keep(p), 0x41, 32 + 64);
    end(p);
    end(q);
    return 0;
}
