/*
 * expect: kind=overrun size=200 offset=200 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    size_t size = 200;
    void *p = in_thread(make_in_thread, &size);
    damage(p, 200);
    (void)in_thread(end_in_thread, p); /* It has no result. */
    return 0;
}
