/*
 * Neither held nor used again: found as all around it is freed, and the memory
 * goes back. One span without blocks stays for the next ones.
 * opts: check-blank
 * expect: kind=write-after-free size=3000 offset=2999 length=1 alloc=make
 *     free=end site=end_again
 */
#include "misuse.h"

enum { BLOCKS = 100, SPAN = 22 };

int
main(void)
{
    void *p[BLOCKS];
    for (int i = 0; i < BLOCKS; i++)
        p[i] = make(3000);
    for (int i = 2 * SPAN; i < 4 * SPAN; i++)
        end_again(p[i]);
    end(p[0]);
    damage(p[0], 2999);
    for (int i = 1; i < 2 * SPAN; i++)
        end_again(p[i]);
    for (int i = 4 * SPAN; i < BLOCKS; i++)
        end_again(p[i]);
    return 0;
}
