/*
 * expect: kind=underrun size=40 offset=-2 length=1 alloc=main site=main
 */
#include "misuse.h"

int
main()
{
    char *p = static_cast<char *>(keep(new char[40]));
    damage(p, -2);
    delete[] p;
    return 0;
}
