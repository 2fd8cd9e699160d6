/*
 * expect: kind=foreign-free site=main place=stack
 */
#include "misuse.h"

int
main()
{
    long local = 1;
    delete static_cast<long *>(keep(&local));
    return 0;
}
