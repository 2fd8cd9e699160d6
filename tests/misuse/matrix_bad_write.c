/*
 * args: SIZE=1,24,100,5000,40000,2000000 WHO=main,thread,other
 * build: c c++
 * opts: check-funcs
 * expect: kind=bad-write size=$SIZE offset=0 length={$SIZE+1}
 *     alloc=matrix_make site=misuse
 */
#include "matrix.h"

static void
misuse(struct matrix *matrix)
{
    static char source[2000001];
    size_t n = matrix->size;

    (void)memmove(keep(source), keep(matrix->p), n); /* as much as there is */
    (void)memcpy(keep(matrix->p), keep(source), n);
    source[n] = matrix->p[n]; /* so that nothing changes */
    (void)memcpy(keep(matrix->p), keep(source), n + 1);
    RETURN_HERE();
    matrix_end(matrix);
}
