/*
 * close_range takes every descriptor from 3 up away, as daemons do at their
 * start, after which the program forks, opens files and ends as usual.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "prove.h"

int
main(void)
{
    free(keep(malloc(100)));
    if (syscall(SYS_close_range, 3u, ~0u, 0u) != 0)
        PROVE_SKIP("no close_range here");
    int first = open("/dev/null", O_RDWR);
    PROVE(first == 3);
    for (size_t i = 0; i < 1000; i++)
        free(keep(malloc(i)));
    int status;
    pid_t pid = fork();
    PROVE(pid >= 0);
    if (pid == 0) {
        PROVE(syscall(SYS_close_range, 0u, ~0u, 0u) == 0);
        for (size_t i = 0; i < 1000; i++)
            free(keep(malloc(i)));
        exit(6);
    }
    PROVE(waitpid(pid, &status, 0) == pid);
    PROVE(WIFEXITED(status) && WEXITSTATUS(status) == 6);
    return 0;
}
