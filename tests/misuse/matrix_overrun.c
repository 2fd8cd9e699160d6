/*
 * args: SIZE=1,24,100,5000,40000,2000000 WHO=main,thread,other
 * build: c c++
 * expect: kind=overrun size=$SIZE offset=$SIZE length=1 alloc=matrix_make
 *     site=matrix_end
 */
#include "matrix.h"

static void
misuse(struct matrix *matrix)
{
    damage(matrix->p, (ptrdiff_t)matrix->size);
    matrix_end(matrix);
}
