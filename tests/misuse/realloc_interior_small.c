/*
 * expect: kind=realloc-interior size=24 offset=16 alloc=make site=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    if (resize((char *)p + 16, 10) != NULL)
        return 1;
    end(p);
    return 0;
}
