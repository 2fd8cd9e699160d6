/*
 * opts: zero-size=error
 * expect: kind=zero-size site=make
 */
#include "misuse.h"

int
main(void)
{
    if (make(0) != NULL)
        return 1;
    return 0;
}
