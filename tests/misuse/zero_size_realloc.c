/*
 * realloc to 0 bytes frees the block, as glibc's does; the option only says
 * that it happened.
 * opts: zero-size=error
 * expect: kind=zero-size site=resize
 */
#include "misuse.h"

int
main(void)
{
    return resize(make(10), 0) == NULL ? 0 : 1;
}
