/*
 * args: SIZE=1,24,100,5000,40000,2000000 WHO=main,thread,other
 * build: c c++
 * expect: kind=double-free size=$SIZE offset=0 alloc=matrix_make
 *     free=matrix_end site=matrix_end_again
 */
#include "matrix.h"

static void
misuse(struct matrix *matrix)
{
    matrix_end(matrix);
    matrix_end_again(matrix);
}
