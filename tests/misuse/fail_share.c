/*
 * Every second one or so, the same ones each time; the program survives.
 *
 * opts: fail=%50,seed=1
 * expect: kind=injected length=10 site=make count=267
 */
#include "misuse.h"

int
main(void)
{
    for (int i = 0; i < 500; i++)
        free(make(10));
    return 0;
}
