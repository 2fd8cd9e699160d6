/*
 * The program closes every descriptor, also fd 2 and whatever the library may
 * hold, and uses the numbers for files of its own: not a byte of ours may
 * land in them, and nothing of ours fails.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "prove.h"

int
main(void)
{
    char name[] = "/tmp/close_fds.XXXXXX";
    int fd = mkstemp(name);
    PROVE(fd >= 0);
    void *blocks[100];
    for (size_t i = 0; i < 100; i++)
        blocks[i] = keep(malloc(i * 100));
    int complain = fcntl(2, F_DUPFD_CLOEXEC, 700);
    PROVE(complain >= 700);
    PROVE(unlink(name) == 0);
    for (int i = 0; i < 700; i++)
        if (i != fd)
            (void)close(i); /* Most of them are not open. */
    for (int i = 0; i < 64; i++)
        if (i != fd)
            PROVE(dup2(fd, i) == i);
    for (size_t i = 0; i < 100; i++)
        free(blocks[i]);
    for (size_t i = 0; i < 1000; i++)
        free(keep(malloc(i * 100)));
    struct stat status;
    PROVE(fstat(fd, &status) == 0);
    PROVE(status.st_size == 0);
    PROVE(dup2(complain, 2) == 2);
    return 0;
}
