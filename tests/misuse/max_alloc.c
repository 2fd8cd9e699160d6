/*
 * opts: max-alloc=100k
 * expect: kind=max-alloc length=102401 given=102400 site=make
 */
#include "misuse.h"

int
main(void)
{
    if (make(102401) != NULL)
        return 1;
    end(make(102400));
    return 0;
}
