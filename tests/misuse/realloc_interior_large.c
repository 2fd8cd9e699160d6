/*
 * expect: kind=realloc-interior size=2097152 offset=16 alloc=make site=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    if (resize((char *)p + 16, 10) != NULL)
        return 1;
    end(p);
    return 0;
}
