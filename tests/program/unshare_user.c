/*
 * unshare(CLONE_NEWUSER) is refused in a process with more than one thread:
 * under the default options the library must not have started one.
 */
#include <sched.h>

#include "prove.h"

int
main(void)
{
    for (size_t i = 0; i < 1000; i++)
        free(keep(malloc(i)));
    if (unshare(CLONE_NEWUSER) != 0) {
        if (errno != EINVAL)
            PROVE_SKIP("user namespaces are not allowed here");
        PROVE(!"single-threaded");
    }
    for (size_t i = 0; i < 1000; i++)
        free(keep(malloc(i)));
    return 0;
}
