/*
 * opts: guard=above, align=1
 * expect: kind=interior-free size=77 offset=5 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    char *p = make(77);
    end(p + 5);
    return 0;
}
