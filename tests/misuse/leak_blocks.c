/*
 * opts: leak-group=none
 * expect: kind=leak blocks=1 bytes=64 alloc=make count=3
 */
#include "misuse.h"

int
main(void)
{
    for (int i = 0; i < 3; i++)
        bytes(make(64))[0] = 1;
    return 0;
}
