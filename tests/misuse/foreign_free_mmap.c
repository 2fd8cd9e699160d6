/*
 * expect: kind=foreign-free site=end place=mapped
 */
#include <sys/mman.h>

#include "misuse.h"

int
main(void)
{
    void *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    end(p);
    return 0;
}
