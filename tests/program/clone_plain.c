/*
 * args: 15
 * long: 60
 * A plain clone system call, of which no handler and not even libc hears:
 * the child of a threaded program still allocates.
 */
#include <signal.h>
#include <sys/syscall.h>

#include "raw_fork.h"

static pid_t
make_child(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

int
main(int argc, char **argv)
{
    return raw_fork_prove(make_child, prove_argument(argc, argv, 60));
}
