/*
 * opts: check-funcs
 * expect: kind=bad-read size=16 offset=2 length=15 alloc=make site=main
 */
#include "misuse.h"

int
main(void)
{
    char *p = (char *)make(16);
    (void)memset(keep(p), 'x', 16);
    if (strlen((char *)keep(p + 2)) < 14)
        return 1;
    p[15] = '\0';
    if (strlen((char *)keep(p + 2)) != 13)
        return 2;
    end(p);
    return 0;
}
