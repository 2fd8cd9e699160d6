/*
 * An address that no CPU takes: the kernel does not say which.
 *
 * expect: kind=fault place=unknown site=main
 * signal: 11
 */
#include "misuse.h"

int
main(void)
{
    *bytes((void *)0x5a5a5a5a5a5a5a5a) = 1;
    return 0;
}
