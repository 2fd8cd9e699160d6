/*
 * opts: check-funcs
 * expect: kind=bad-write size=8 offset=0 length=9 alloc=make site=main
 * expect: kind=overrun size=8 offset=8 length=1 alloc=make site=end
 */
#include "misuse.h"

int
main(void)
{
    char *p = (char *)make(8);
    (void)strcpy((char *)keep(p), (char *)keep((void *)"123"));
    (void)strcat((char *)keep(p), (char *)keep((void *)"4567"));
    p[3] = '\0';
    (void)strncat((char *)keep(p), (char *)keep((void *)"45678"), 9);
    end(p);
    return 0;
}
