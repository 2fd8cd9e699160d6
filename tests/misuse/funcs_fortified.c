/*
 * opts: check-funcs
 * expect: kind=bad-write size=10 offset=0 length=11 alloc=make site=main
 *     count=2
 * others: allowed
 */
#include "misuse.h"

#include <stdio.h>

/* What a program built with _FORTIFY_SOURCE calls. */
void *__memcpy_chk(void *, const void *, size_t, size_t);
int __sprintf_chk(char *, int, size_t, const char *, ...);

int
main(void)
{
    char *p = (char *)make(10);
    for (int i = 0; i < 2; i++)
        (void)__memcpy_chk(keep(p), keep((void *)"0123456789"), 11,
                           (size_t)(uintptr_t)keep((void *)-1));
    return 0;
}
