/*
 * args: SIZE=24,100,5000,40000,2000000 WHO=main,thread,other
 * build: c c++
 * expect: kind=interior-free size=$SIZE offset={$SIZE*1-8}
 *     alloc=matrix_make site=matrix_end_again
 */
#include "matrix.h"

static void
misuse(struct matrix *matrix)
{
    char *p = matrix->p;

    matrix->p += matrix->size - 8;
    matrix_end_again(matrix);
    matrix->p = p;
    matrix_end(matrix);
}
