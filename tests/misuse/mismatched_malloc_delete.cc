/*
 * expect: kind=mismatched-free size=8 offset=0 alloc=make site=main
 */
#include "misuse.h"

int
main()
{
    delete static_cast<long *>(make(8));
    return 0;
}
