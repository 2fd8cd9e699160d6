/*
 * expect: kind=overrun size=40 offset=40 length=4 alloc=main site=main
 */
#include "misuse.h"

int
main()
{
    int *p = static_cast<int *>(keep(new int[10]));
    for (int i = 40; i < 44; i++)
        damage(p, i);
    delete[] p;
    return 0;
}
