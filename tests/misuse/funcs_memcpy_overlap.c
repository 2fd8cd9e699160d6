/*
 * opts: check-funcs
 * expect: kind=overlap size=100 offset=10 length=20 given=10 alloc=make
 *     site=main
 */
#include "misuse.h"

int
main(void)
{
    char *p = (char *)make(100);
    size_t n = (size_t)(uintptr_t)keep((void *)20);
    (void)memset(keep(p), 1, 100);
    (void)memcpy(keep(p + 10), keep(p), n);
    (void)memmove(keep(p + 10), keep(p), n);
    (void)memcpy(keep(p + 40), keep(p), n);
    end(p);
    return 0;
}
