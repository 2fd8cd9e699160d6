/*
 * An old copy of a pointer that realloc changed.
 * opts: quarantine=1m, realloc-copy
 * expect: kind=write-after-free size=64 offset=3 length=1 alloc=make
 *     free=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(64);
    void *q = resize(p, 70);
    bytes(p)[3] = 1;
    end(q);
    return 0;
}
