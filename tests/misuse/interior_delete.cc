/*
 * expect: kind=interior-free size=100 offset=16 alloc=main site=main
 */
#include "misuse.h"

int
main()
{
    char *p = static_cast<char *>(keep(new char[100]));
    delete[] static_cast<char *>(keep(p + 16));
    delete[] p;
    return 0;
}
