/*
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
    bytes(p)[5] = 0;
    end(p);
    return bytes(p)[5];
}
