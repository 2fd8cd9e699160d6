/*
 * All is freed: the report lists nothing.
 * leaks: none
 */
#include "misuse.h"

int
main(void)
{
    for (size_t n = 0; n < 1000; n++)
        end(make(n));
    return 0;
}
