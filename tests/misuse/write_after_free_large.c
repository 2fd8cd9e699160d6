/*
 * A block with a mapping of its own: it is closed, so the write faults.
 * opts: quarantine=16m
 * signal: 11
 * expect: kind=use-after-free size=2097152 offset=5 alloc=make free=end
 *     site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    bytes(p)[5] = 1;
    end(p);
    bytes(p)[5] = 1;
    return 0;
}
