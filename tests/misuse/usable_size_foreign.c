/*
 * expect: kind=usable-size-bad site=main
 */
#include "misuse.h"

int
main(void)
{
    char local[64];
    if (malloc_usable_size(keep(local)) != 0)
        return 1;
    return 0;
}
