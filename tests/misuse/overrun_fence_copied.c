/*
 * A fence copied from another block is damage too.
 * expect: kind=overrun size=32 offset=32 alloc=make site=end_again
 */
#include "misuse.h"

int
main(void)
{
    void *from = make(32);
    void *to = make(32);
    for (int i = 32; i < 48; i++)
        bytes(to)[i] = bytes(from)[i];
    end(from);
    end_again(to);
    return 0;
}
