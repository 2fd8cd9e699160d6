/*
 * expect: kind=foreign-free site=end place=global
 */
#include "misuse.h"

int
main(void)
{
    void (*function)(void *) = end;
    void *p;
    memcpy(&p, &function, sizeof p);
    end(p);
    return 0;
}
