/*
 * expect: kind=mismatched-free size=80 offset=0 alloc=main site=main
 */
#include "misuse.h"

int
main()
{
    delete static_cast<long *>(keep(new long[10]));
    return 0;
}
