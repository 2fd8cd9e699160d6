/*
 * As overrun_at_exit, but nobody looks.
 * opts: no-check-shutdown
 * expect: kind=leak blocks=1 bytes=70 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    damage(make(70), 70);
    return 0;
}
