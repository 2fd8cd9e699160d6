/*
 * opts: fail=fail_place.c:10:2
 * expect: kind=injected length=20 site=second
 */
#include "misuse.h"

APART static void *
second(size_t n)
{
    void *p = malloc(n); /* The line that is named. */
    __asm__ volatile("nop" ::: "memory");
    return keep(p);
}

int
main(void)
{
    int failed = 0;
    for (size_t n = 10; n <= 50; n += 10) {
        void *p = make(n);
        void *q = second(n);
        failed += p == NULL ? 100 : q == NULL;
        free(p);
        free(q);
    }
    return failed == 1 ? 0 : 1;
}
