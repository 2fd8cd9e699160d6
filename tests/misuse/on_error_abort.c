/*
 * opts: on-error=abort
 * signal: 6
 * report: none
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    end(p);
    end(p);
    return 0;
}
