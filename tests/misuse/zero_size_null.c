/*
 * opts: zero-size=null
 */
#include "misuse.h"

int
main(void)
{
    if (make(0) != NULL)
        return 1;
    return 0;
}
