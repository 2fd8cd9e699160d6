/*
 * expect: kind=foreign-free site=end place=stack
 */
#include "misuse.h"

APART static void *
end_local(void *argument)
{
    char local[200];
    end(local + 64);
    return argument;
}

int
main(void)
{
    (void)in_thread(end_local, NULL); /* It has no result. */
    return 0;
}
