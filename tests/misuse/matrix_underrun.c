/*
 * args: SIZE=1,24,100,5000,40000,2000000 WHO=main,thread,other
 * build: c c++
 * expect: kind=underrun size=$SIZE offset=-1 length=1 alloc=matrix_make
 *     site=matrix_end
 */
#include "matrix.h"

static void
misuse(struct matrix *matrix)
{
    damage(matrix->p, -1);
    matrix_end(matrix);
}
