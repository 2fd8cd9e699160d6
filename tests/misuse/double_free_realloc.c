/*
 * A block that realloc has moved is freed once more at its old address.
 * expect: kind=double-free size=24 offset=0 alloc=make free=resize site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    void *q = resize(p, 1 << 20);
    end(p);
    end_again(q);
    return 0;
}
