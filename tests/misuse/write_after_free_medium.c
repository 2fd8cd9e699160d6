/*
 * opts: quarantine=16m
 * expect: kind=write-after-free size=20000 offset=19999 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(20000);
    end(p);
    bytes(p)[19999] = 1;
    return 0;
}
