/*
 * The program does not look at what malloc gave; the second block of 30 bytes
 * and more is not to be had.
 *
 * opts: fail=s30:2
 * expect: kind=injected length=40 site=make
 * expect: kind=fault place=null access=write site=main
 * signal: 11
 */
#include "misuse.h"

int
main(void)
{
    for (size_t n = 10; n <= 50; n += 10)
        *bytes(make(n)) = 1;
    return 0;
}
