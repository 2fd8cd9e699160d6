/*
 * opts: exit-code=99
 */
#include "misuse.h"

int
main(void)
{
    end(make(24));
    return 0;
}
