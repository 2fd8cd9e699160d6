/*
 * expect: kind=foreign-free site=end
 */
#include "misuse.h"

int
main(void)
{
    end((void *)(uintptr_t)64);
    return 0;
}
