/*
 * Found by the check of the whole heap at some later call.
 * opts: check-heap, interval=1, no-check-shutdown
 * expect: kind=overrun size=70 offset=70 length=1 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    void *volatile held = make(70);
    damage(held, 70);
    for (int i = 0; i < 1000; i++)
        free(keep(malloc(2000)));
    return 0;
}
