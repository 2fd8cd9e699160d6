/*
 * Made, freed and written to by a thread that is not the main one.
 * opts: quarantine=1m
 * expect: kind=write-after-free size=3000 offset=0 length=1 alloc=make
 *     free=end
 */
#include "misuse.h"

static void *
write_after(void *argument)
{
    void *p = make(3000);
    (void)argument;
    end(p);
    bytes(p)[0] = 1;
    return NULL;
}

int
main(void)
{
    in_thread(write_after, NULL);
    return 0;
}
