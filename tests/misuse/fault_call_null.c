/*
 * A jump to nowhere: the place is that of the call.
 *
 * expect: kind=fault place=null site=main
 * signal: 11
 */
#include "misuse.h"

int
main(void)
{
    void (*function)(void) = (void (*)(void))keep(NULL);
    function();
    RETURN_HERE();
    return 0;
}
