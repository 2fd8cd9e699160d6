/*
 * opts: check-funcs
 * expect: kind=bad-write size=10 offset=0 length=12 alloc=make site=main
 * expect: kind=bad-write size=10 offset=4 length=7 alloc=make site=main
 * others: allowed
 */
#include "misuse.h"

#include <stdio.h>

int
main(void)
{
    char *p = (char *)make(10);
    int length = sprintf((char *)keep(p), "%d %s", 12345, "abc");
    if (length != 9)
        return 1;
    length = sprintf((char *)keep(p), "%d %s", 12345, "abcde");
    if (length != 11)
        return 2;
    /* More room than there is, and a text that fits all the same. */
    length = snprintf((char *)keep(p + 4), 1000, "%s", "abcde");
    if (length != 5)
        return 3;
    length = snprintf((char *)keep(p + 4), 1000, "%s",
                      (char *)keep((void *)"abcdef"));
    return length == 6 ? 0 : 4;
}
