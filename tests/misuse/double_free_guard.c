/*
 * opts: guard=above, align=1
 * expect: kind=double-free size=77 offset=0 alloc=make free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(77);
    end(p);
    end(make(77));
    end_again(p);
    return 0;
}
