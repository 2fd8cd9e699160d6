/*
 * expect: kind=leak blocks=3 bytes=6291456 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    for (int i = 0; i < 3; i++)
        bytes(make(2 << 20))[0] = 1;
    return 0;
}
