/*
 * A thousand blocks later the address is still nobody else's.
 * opts: never-reuse
 * expect: kind=write-after-free size=8000 offset=7 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(8000);
    end(p);
    bytes(p)[7] = 1;
    for (int i = 0; i < 1000; i++) {
        void *q = make(8000);
        if (q == p)
            return 1;
        end_again(q);
    }
    return 0;
}
