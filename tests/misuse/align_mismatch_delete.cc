/*
 * expect: kind=align-mismatch size=100 offset=0 alloc=main site=main
 */
#include <new>

#include "misuse.h"

int
main()
{
    void *p = keep(::operator new(100, std::align_val_t{64}));
    ::operator delete(p, std::align_val_t{128});
    RETURN_HERE();
    return 0;
}
