/*
 * expect: kind=mismatched-free size=8 offset=0 alloc=main site=end
 */
#include "misuse.h"

int
main()
{
    end(new long);
    return 0;
}
