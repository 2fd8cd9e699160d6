/*
 * expect: kind=leak blocks=10 bytes=640 alloc=make
 * expect: kind=leak blocks=5 bytes=500 alloc=make_other
 */
#include "misuse.h"

APART static void *
make_other(size_t n)
{
    return keep(calloc(n, 1));
}

int
main(void)
{
    for (int i = 0; i < 10; i++)
        bytes(make(64))[0] = 1;
    for (int i = 0; i < 5; i++)
        bytes(make_other(100))[0] = 1;
    end(make(5));
    return 0;
}
