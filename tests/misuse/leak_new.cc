/*
 * expect: kind=leak blocks=2 bytes=88 alloc=main
 */
#include "misuse.h"

int
main()
{
    /* One call site: the count is hidden, so that no loop is unrolled. */
    for (long n = (long)keep((void *)2); n > 0; n--)
        bytes(new char[44])[0] = 1;
    return 0;
}
