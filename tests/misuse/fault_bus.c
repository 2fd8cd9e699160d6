/*
 * expect: kind=fault place=mapped access=read site=main
 * signal: 7
 */
#include "misuse.h"

#include <sys/mman.h>
#include <unistd.h>

int
main(void)
{
    char name[] = "/tmp/dbgmalloc-misuse.XXXXXX";
    int fd = mkstemp(name);
    volatile char *p;
    if (fd < 0 || ftruncate(fd, 4096) != 0)
        return 1;
    (void)unlink(name);
    p = (volatile char *)mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED || ftruncate(fd, 0) != 0)
        return 2;
    return *p;
}
