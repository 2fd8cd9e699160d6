/*
 * longjmp out of a comparison function of qsort that allocates, which may leave
 * a block of libc's behind, many times; what was held is freed afterwards.
 */
#include <setjmp.h>

#include "prove.h"

static sigjmp_buf back;
static int comparisons;

static int
compare(const void *a, const void *b)
{
    void *p = keep(malloc(30));
    free(p);
    if (++comparisons % 500 == 0)
        siglongjmp(back, 1);
    return *(const int *)a - *(const int *)b;
}

int
main(void)
{
    static int numbers[2000];
    void *volatile held = NULL;
    volatile int jumps = 0;
    static uint64_t seed = 12;
    for (volatile int round = 0; round < 50; round = round + 1) {
        for (int i = 0; i < 2000; i++)
            numbers[i] = (int)(prove_random(&seed) % 10000);
        if (sigsetjmp(back, 1) == 0)
            qsort(numbers, 2000, sizeof numbers[0], compare);
        else
            jumps = jumps + 1;
        free(held);
        held = keep(malloc(20000));
        PROVE(held != NULL);
    }
    free(held);
    PROVE(jumps == 50);
    return 0;
}
