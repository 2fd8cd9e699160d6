/*
 * expect: kind=foreign-free site=end place=global
 */
#include "misuse.h"

static char global[100];

int
main(void)
{
    end(global);
    return 0;
}
