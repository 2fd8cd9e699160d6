/*
 * Freed by another thread, which ends: the process holds the block on.
 * opts: quarantine=1m
 * expect: kind=write-after-free size=100 offset=99 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(100);
    in_thread(end_in_thread, p);
    bytes(p)[99] = 1;
    return 0;
}
