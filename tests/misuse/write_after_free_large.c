/*
 * A block with a mapping of its own: it is closed, so the write faults.
 * opts: quarantine=16m
 * signal: 11
 * report: none
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    bytes(p)[5] = 1;
    end(p);
    bytes(p)[5] = 1;
    return 0;
}
