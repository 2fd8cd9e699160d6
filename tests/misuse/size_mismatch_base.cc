/*
 * A derived object is deleted as its base, which has no virtual destructor.
 * expect: kind=size-mismatch size=24 offset=0 given=8 alloc=main site=main
 */
#include "misuse.h"

struct base {
    long first;
};

struct derived : base {
    long second, third;
};

int
main()
{
    base *p = static_cast<base *>(keep(new derived));
    delete p;
    return 0;
}
