/*
 * expect: kind=leak blocks=1 bytes=300 alloc=resize
 */
#include "misuse.h"

int
main(void)
{
    bytes(resize(make(10), 300))[0] = 1;
    return 0;
}
