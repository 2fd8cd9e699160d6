/*
 * expect: kind=fault place=global access=write site=main
 * signal: 11
 */
#include "misuse.h"

int
main(void)
{
    *bytes((void *)"constant") = 'C';
    return 0;
}
