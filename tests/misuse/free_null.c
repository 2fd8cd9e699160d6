/*
 * opts: error-free-null
 * expect: kind=free-null site=end
 */
#include "misuse.h"

int
main(void)
{
    end(NULL);
    return 0;
}
