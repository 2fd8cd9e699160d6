/*
 * expect: kind=underrun size=90 offset=-1 length=1 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    damage(make(90), -1);
    return 0;
}
