/*
 * expect: kind=double-free size=80 offset=0 alloc=main free=main site=main
 */
#include "misuse.h"

int
main()
{
    long *p = static_cast<long *>(keep(new long[10]));
    delete[] p;
    delete[] static_cast<long *>(keep(p));
    return 0;
}
