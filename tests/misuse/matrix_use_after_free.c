/*
 * args: SIZE=1,24,100,5000,40000,2000000 WHO=main,thread,other
 * build: c c++
 * opts: check-funcs
 * expect: kind=use-after-free size=$SIZE offset=0
 *     length=$SIZE alloc=matrix_make free=matrix_end site=misuse
 */
#include "matrix.h"

static void
misuse(struct matrix *matrix)
{
    static char target[2000001];
    size_t n = (size_t)(uintptr_t)keep((void *)matrix->size);

    matrix_end(matrix);
    (void)memcpy(keep(target), keep(matrix->p), n);
    RETURN_HERE();
}
