/*
 * Never freed itself: found when its neighbours are.
 * opts: no-check-shutdown
 * expect: kind=overrun size=64 offset=64 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    void *blocks[64];
    for (int i = 0; i < 64; i++)
        blocks[i] = make(64);
    damage(blocks[32], 64);
    for (int i = 0; i < 64; i++)
        if (i != 32)
            end(blocks[i]);
    return 0;
}
