/*
 * expect: kind=realloc-foreign site=resize place=global
 */
#include "misuse.h"

static char other_global[64];

int
main(void)
{
    if (resize(other_global, 100) != NULL)
        return 1;
    return 0;
}
