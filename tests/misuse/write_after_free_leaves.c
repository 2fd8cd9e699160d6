/*
 * The blocks that are freed later push this one out of the quarantine.
 * opts: quarantine=100
 * expect: kind=write-after-free size=48 offset=8 length=8 alloc=make
 *     free=end site=end_again
 */
#include "misuse.h"

int
main(void)
{
    long *p = make(48);
    end(p);
    ((volatile long *)keep(p))[1] = 1;
    for (int i = 0; i < 1000; i++)
        end_again(make(48));
    return 0;
}
