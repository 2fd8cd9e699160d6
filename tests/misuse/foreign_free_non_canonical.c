/*
 * expect: kind=foreign-free site=end
 */
#include "misuse.h"

int
main(void)
{
    end((void *)(uintptr_t)0x4141414141414140);
    return 0;
}
