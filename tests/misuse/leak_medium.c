/*
 * expect: kind=leak blocks=3 bytes=122880 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    for (int i = 0; i < 3; i++)
        bytes(make(40960))[0] = 1;
    return 0;
}
