/*
 * expect: kind=size-mismatch size=24 offset=0 given=20 alloc=main site=main
 */
#include "misuse.h"

int
main()
{
    void *p = keep(::operator new(24));
    ::operator delete(p, 20);
    RETURN_HERE();
    return 0;
}
