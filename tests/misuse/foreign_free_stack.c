/*
 * expect: kind=foreign-free site=end place=stack
 */
#include "misuse.h"

int
main(void)
{
    char local[100];
    end(local + 32);
    return 0;
}
