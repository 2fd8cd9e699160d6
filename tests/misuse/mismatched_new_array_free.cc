/*
 * expect: kind=mismatched-free size=80 offset=0 alloc=main site=end
 */
#include "misuse.h"

int
main()
{
    end(new long[10]);
    return 0;
}
