/*
 * opts: leak-size=100-200
 * expect: kind=leak blocks=2 bytes=300 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    static const size_t sizes[] = {99, 100, 200, 201};
    for (int i = 0; i < 4; i++)
        bytes(make(sizes[i]))[0] = 1;
    return 0;
}
