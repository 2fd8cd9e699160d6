/*
 * Never freed: found by the check at exit.
 * expect: kind=overrun size=70 offset=70 length=1 alloc=make
 * expect: kind=leak blocks=1 bytes=70 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    damage(make(70), 70);
    return 0;
}
