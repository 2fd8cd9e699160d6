/*
 * A write through the fence into what comes next. Where that is the other
 * block, whose fence is hit then too, the other block has a finding as well.
 * expect: kind=overrun size=32 offset=32 alloc=make site=end
 * others: allowed
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(32);
    void *q = make(28);
    memset(keep(p), 0x41, 32 + 64);
    end(p);
    end_again(q);
    return 0;
}
