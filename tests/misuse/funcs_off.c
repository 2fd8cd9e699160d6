/*
 * expect: kind=overrun size=8 offset=8 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    char *p = (char *)make(8);
    (void)strcpy((char *)keep(p), (char *)keep((void *)"12345678"));
    end(p);
    return 0;
}
