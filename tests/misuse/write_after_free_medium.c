/*
 * needs: quarantine
 * opts: free-blank, quarantine=16m
 * expect: kind=write-after-free size=40960 offset=5 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    end(p);
    bytes(p)[5] = 1;
    return 0;
}
