/*
 * operator new never gives NULL, so it makes a block in spite of the option.
 * opts: zero-size=error
 * expect: kind=zero-size site=main
 */
#include "misuse.h"

int
main()
{
    void *p = keep(::operator new(0));
    ::operator delete(p);
    return p != NULL ? 0 : 1;
}
