/*
 * expect: kind=leak blocks=2 bytes=88 alloc=main
 */
#include "misuse.h"

int
main()
{
    for (int i = 0; i < 2; i++)
        bytes(new char[44])[0] = 1;
    return 0;
}
