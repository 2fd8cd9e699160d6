/*
 * Of a thousand reads past the end of a block, one hits a guard page.
 * opts: guard-sample=10, seed=1
 * signal: 11
 * expect: kind=bad-read size=64 offset=64 alloc=make site=main
 */
#include "misuse.h"

int
main(void)
{
    int sum = 0;
    for (int i = 0; i < 1000; i++) {
        void *p = make(64);
        sum += bytes(p)[64];
        end(p);
    }
    return sum == 0;
}
