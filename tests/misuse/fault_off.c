/*
 * opts: no-check-faults
 * signal: 11
 * report: none
 */
#include "misuse.h"

int
main(void)
{
    *bytes(NULL) = 1;
    return 0;
}
