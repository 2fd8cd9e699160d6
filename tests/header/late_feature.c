/*
 * Compiled with -include dbgmalloc.h: this file's own feature-test macros come
 * after it, and still mean what they say, without a warning.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

int
main(void)
{
    const char *found = memmem("abcdef", 6, "cd", 2);
    char *text = NULL;

    if (found == NULL || asprintf(&text, "%d", 42) != 2)
        return 1;
    free(text);
    return 0;
}
