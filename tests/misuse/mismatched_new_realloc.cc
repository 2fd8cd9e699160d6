/*
 * expect: kind=mismatched-free size=8 offset=0 alloc=main site=resize
 */
#include "misuse.h"

int
main()
{
    void *p = resize(new long, 100);
    end(p);
    return 0;
}
