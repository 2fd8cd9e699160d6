/*
 * expect: kind=foreign-free site=end
 */
#include <sys/mman.h>

#include "misuse.h"

int
main(void)
{
    void *p = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (munmap(p, 8192) != 0)
        return 1;
    end(p);
    return 0;
}
