/*
 * The process goes on to its end, once for each place.
 *
 * opts: on-error=dump
 * expect: kind=double-free size=24 alloc=make site=end count=3
 */
#include "misuse.h"

#include <signal.h>
#include <sys/wait.h>

static volatile sig_atomic_t children;

static void
count(int number)
{
    (void)number;
    children++;
}

int
main(void)
{
    void *p = make(24);
    (void)signal(SIGCHLD, count);
    for (int i = 0; i < 4; i++)
        end(p);
    /* The copy is no child of the program's. */
    return children != 0 || wait(NULL) != -1;
}
