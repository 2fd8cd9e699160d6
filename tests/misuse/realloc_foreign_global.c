/*
 * expect: kind=realloc-foreign site=resize place=global
 */
#include "misuse.h"

static char global[64];

int
main(void)
{
    if (resize(global, 100) != NULL)
        return 1;
    return 0;
}
