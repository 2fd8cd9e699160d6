/*
 * The library's record of a block is overwritten: a check of the heap says so,
 * and does not take it for the block's.
 *
 * opts: check-heap, interval=1
 * expect: kind=own-damage site=end
 */
#include "owndamage.h"

int
main(void)
{
    void *p = make(12345);
    void *q = make(10);
    unsigned char *record = record_of(12345);
    record[7] = 0xee; /* its state */
    end(q);
    end(p); /* nothing is known of it any more */
    end(make(12345));
    return 0;
}
