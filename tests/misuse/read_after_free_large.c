/*
 * opts: quarantine=16m
 * signal: 11
 * report: none
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(2 << 20);
    bytes(p)[5] = 0;
    end(p);
    return bytes(p)[5];
}
