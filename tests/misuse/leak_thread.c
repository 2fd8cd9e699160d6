/*
 * expect: kind=leak blocks=1 bytes=77 alloc=make
 */
#include "misuse.h"

int
main(void)
{
    size_t size = 77;
    bytes(in_thread(make_in_thread, &size))[0] = 1;
    return 0;
}
