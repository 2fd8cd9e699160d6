/*
 * expect: kind=realloc-foreign site=resize place=stack
 */
#include "misuse.h"

int
main(void)
{
    char local[64];
    if (resize(local, 100) != NULL)
        return 1;
    return 0;
}
