/*
 * opts: zero-size=warn
 * expect: kind=zero-size site=make
 */
#include "misuse.h"

int
main(void)
{
    end(make(0));
    return 0;
}
