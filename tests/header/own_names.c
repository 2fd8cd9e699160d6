/*
 * A strict C99 program may define what C99 does not: no macro is in its way,
 * wherever dbgmalloc.h stands.
 */
#ifdef HEADER_FIRST
#include "dbgmalloc.h"
#endif
#include <stdio.h>
#include <stdlib.h>
#ifndef HEADER_FIRST
#include "dbgmalloc.h"
#endif

static int getline(char line[], int limit);
static void *xmalloc(size_t size);
static void *recalloc(void *p, size_t size);
static void *reallocarray(void *p, size_t count, size_t size);

static int
getline(char line[], int limit)
{
    line[0] = '\0';
    return limit;
}

static void *
xmalloc(size_t size)
{
    return malloc(size);
}

static void *
recalloc(void *p, size_t size)
{
    return realloc(p, size);
}

static void *
reallocarray(void *p, size_t count, size_t size)
{
    return realloc(p, count * size);
}

int
main(void)
{
    char line[10];

    free(recalloc(xmalloc(10), 20));
    free(reallocarray(NULL, 3, 4));
    return getline(line, 3) == 3 ? 0 : 1;
}
