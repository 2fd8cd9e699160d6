/*
 * matrix.h - for programs that do one misuse with each size of block and each
 * combination of threads: argv[1] is the size, argv[2] who does it:
 *   main     one thread does all
 *   thread   another thread does all
 *   other    the block is made here, and the rest done by another thread
 * In C++ the block is made by new[] and ended by delete[].
 */
#ifndef MATRIX_H
#define MATRIX_H

#include "misuse.h"

struct matrix {
    size_t size;
    char *p;
};

APART static void *
matrix_make(void *argument)
{
    struct matrix *matrix = (struct matrix *)argument;
#ifdef __cplusplus
    matrix->p = (char *)keep(new char[matrix->size]);
#else
    matrix->p = (char *)keep(malloc(matrix->size));
#endif
    RETURN_HERE();
    return NULL;
}

APART static void
matrix_end(struct matrix *matrix)
{
#ifdef __cplusplus
    delete[] (char *)keep(matrix->p);
#else
    free(keep(matrix->p));
#endif
    RETURN_HERE();
}

/* A second place that ends a block. */
APART static void
matrix_end_again(struct matrix *matrix)
{
#ifdef __cplusplus
    delete[] (char *)keep(matrix->p);
#else
    free(keep(matrix->p));
#endif
    __asm__ volatile("nop" ::: "memory");
}

static void misuse(struct matrix *matrix);

APART static void *
matrix_misuse(void *argument)
{
    misuse((struct matrix *)argument);
    return NULL;
}

APART static void *
matrix_both(void *argument)
{
    (void)matrix_make(argument);
    return matrix_misuse(argument);
}

int
main(int argc, char **argv)
{
    struct matrix matrix = {argc > 1 ? (size_t)strtoul(argv[1], NULL, 10) : 24,
                            NULL};
    const char *who = argc > 2 ? argv[2] : "main";

    if (strcmp(who, "thread") == 0) {
        (void)in_thread(matrix_both, &matrix);
    } else {
        (void)matrix_make(&matrix);
        if (strcmp(who, "other") == 0)
            (void)in_thread(matrix_misuse, &matrix);
        else
            (void)matrix_misuse(&matrix);
    }
    return 0;
}

#endif
