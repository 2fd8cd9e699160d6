/*
 * Every single bit that is wrong counts.
 * expect: kind=overrun size=24 offset=24 length=1 alloc=make site=end count=8
 */
#include "misuse.h"

int
main(void)
{
    for (int i = 0; i < 8; i++) {
        void *p = make(24);
        bytes(p)[24] = (char)(bytes(p)[24] ^ 1 << i);
        end(p);
    }
    return 0;
}
