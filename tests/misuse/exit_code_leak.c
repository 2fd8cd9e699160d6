/*
 * opts: exit-code=99
 * exit: 99
 * expect: kind=leak blocks=1 bytes=64 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    bytes(make(64))[0] = 1;
    return 0;
}
