/*
 * When all of a span is freed its pages go back, and a touch faults.
 * opts: never-reuse
 * signal: 11
 * expect: kind=use-after-free size=8000 offset=7 alloc=make free=end
 *     site=main
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(8000);
    end(p);
    for (int i = 0; i < 1000; i++)
        end_again(make(8000));
    return bytes(p)[7];
}
