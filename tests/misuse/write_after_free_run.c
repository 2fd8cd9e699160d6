/*
 * A block with pages of its own: they are closed, so the write faults.
 * opts: quarantine=16m
 * signal: 11
 * expect: kind=use-after-free size=40960 offset=5 alloc=make free=end
 *     site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    bytes(p)[5] = 1;
    end(p);
    bytes(p)[5] = 1;
    return 0;
}
