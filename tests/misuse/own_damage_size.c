/*
 * A size that was overwritten in the library's record does not lead it to
 * write past the block.
 *
 * opts: free-blank, no-check-shutdown
 * expect: kind=own-damage
 */
#include "owndamage.h"

int
main(void)
{
    char *p = make(12345);
    char *q = make(12345 - 100);
    record_of(12345)[2] = 0x40; /* 4 MB more */
    memset(q, 1, 12345 - 100);
    end(p);
    for (int i = 0; i < 12345 - 100; i++) {
        if (bytes(q)[i] != 1)
            return 1;
    }
    end(q);
    return 0;
}
