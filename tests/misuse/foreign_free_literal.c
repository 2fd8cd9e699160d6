/*
 * expect: kind=foreign-free site=end place=global
 */
#include "misuse.h"

int
main(void)
{
    static const char text[] = "a text";
    void *p;
    const char *at = text;
    memcpy(&p, &at, sizeof p);
    end(p);
    return 0;
}
