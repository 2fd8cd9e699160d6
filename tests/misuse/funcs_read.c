/*
 * opts: check-funcs
 * expect: kind=bad-write size=64 offset=32 length=64 alloc=make site=main
 * expect: kind=bad-write size=64 offset=0 length=65 alloc=make site=main
 * expect: kind=bad-read size=64 offset=0 length=100 alloc=make site=main
 */
#include "misuse.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int
main(void)
{
    char *p = (char *)make(64);
    int fd = open("/dev/null", O_RDWR);
    FILE *stream = fopen("/dev/null", "r");
    if (read(fd, keep(p), 64) != 0 || read(fd, keep(p + 32), 64) != 0)
        return 1;
    if (fgets((char *)keep(p), 64, stream) != NULL ||
        fgets((char *)keep(p), 65, stream) != NULL)
        return 2;
    if (write(fd, keep(p), 100) != 100)
        return 3;
    (void)fclose(stream); /* It was only read. */
    end(p);
    return 0;
}
