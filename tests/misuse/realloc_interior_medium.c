/*
 * expect: kind=realloc-interior size=40960 offset=16 alloc=make site=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(40960);
    if (resize((char *)p + 16, 10) != NULL)
        return 1;
    end(p);
    return 0;
}
