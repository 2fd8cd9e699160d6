/*
 * args: 15
 * long: 60
 * _Fork runs no handlers. The child of a threaded program still allocates,
 * whatever the other threads held when it was made.
 */
#include "raw_fork.h"

static pid_t
make_child(void)
{
    return _Fork();
}

int
main(int argc, char **argv)
{
    return raw_fork_prove(make_child, prove_argument(argc, argv, 60));
}
