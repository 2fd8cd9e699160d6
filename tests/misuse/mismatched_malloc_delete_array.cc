/*
 * expect: kind=mismatched-free size=80 offset=0 alloc=make site=main
 */
#include "misuse.h"

int
main()
{
    delete[] static_cast<long *>(make(80));
    return 0;
}
