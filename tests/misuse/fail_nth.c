/*
 * The program does not look at what malloc gave.
 *
 * opts: fail=3
 * expect: kind=injected length=30 site=make
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
