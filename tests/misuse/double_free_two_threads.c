/*
 * expect: kind=double-free size=500 offset=0 alloc=make free=end_again site=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(500);
    end_again(p);
    (void)in_thread(end_in_thread, p); /* It has no result. */
    return 0;
}
