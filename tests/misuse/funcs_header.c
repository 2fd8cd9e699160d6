/*
 * What the compiler makes part of the program's own code, seen by the header;
 * nothing is said twice where the option is on too.
 *
 * link: library
 * opts: check-funcs
 * expect: kind=bad-write size=8 offset=0 length=9 alloc=main site=main
 *     file=funcs_header.c count=2
 * expect: kind=bad-read size=8 offset=0 length=12 alloc=main site=main
 * others: allowed
 */
#define DBGMALLOC_FUNC_CHECK 1
#include "dbgmalloc.h"

#include <string.h>

int
main(void)
{
    char *p = malloc(8);
    __asm__ volatile("" : "+r"(p));
    char target[12];
    memcpy(p, "01234567", 8);
    for (int i = 0; i < 2; i++)
        strcpy(p, "12345678");
    memcpy(target, p, 12);
    return target[0] == '1' && strlen(target) >= 8 ? 0 : 1;
}
