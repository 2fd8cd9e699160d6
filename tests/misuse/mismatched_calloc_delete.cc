/*
 * expect: kind=mismatched-free size=8 offset=0 alloc=main site=main
 */
#include "misuse.h"

int
main()
{
    delete static_cast<long *>(keep(calloc(1, 8)));
    return 0;
}
