/*
 * Past the end of the freed block, in what its size left of the slot.
 * opts: quarantine=1m, check-fence=16
 * expect: kind=write-after-free size=520 offset=524 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(520);
    end(p);
    damage(p, 524);
    return 0;
}
