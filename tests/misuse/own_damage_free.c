/*
 * A free finds that the record of its block was overwritten.
 *
 * expect: kind=own-damage site=end
 */
#include "owndamage.h"

int
main(void)
{
    void *p = make(12345);
    record_of(12345)[7] = 0xee; /* its state */
    end(p);
    return 0;
}
