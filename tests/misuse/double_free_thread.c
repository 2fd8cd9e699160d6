/*
 * expect: kind=double-free size=500 offset=0 alloc=make free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    size_t size = 500;
    void *p = in_thread(make_in_thread, &size);
    (void)in_thread(end_in_thread, p); /* It has no result. */
    end_again(p);
    return 0;
}
