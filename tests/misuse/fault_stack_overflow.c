/*
 * args: WHO=main,thread
 * expect: kind=fault place=stack site=recurse
 * signal: 11
 */
#include "misuse.h"

APART static int
recurse(int n)
{
    volatile char room[4096];
    room[0] = (char)n;
    return n == -1 ? 0 : recurse(n + 1) + room[0];
}

static void *
run(void *unused)
{
    (void)unused;
    end(make(10)); /* So that the library has seen this thread. */
    return (void *)(uintptr_t)recurse(0);
}

int
main(int argc, char **argv)
{
    if (argc > 1 && argv[1][0] == 't')
        (void)in_thread(run, NULL);
    return run(NULL) != NULL;
}
