/*
 * opts: limit=1m
 * expect: kind=limit length=600000 given=1048576 site=make
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(600000);
    if (p == NULL || make(600000) != NULL)
        return 1;
    end(p);
    end(make(600000));
    return 0;
}
