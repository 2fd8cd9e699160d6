/*
 * Found when the damaged block is resized.
 * expect: kind=overrun size=50 offset=50 length=1 alloc=make site=resize
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(50);
    damage(p, 50);
    end(resize(p, 5000));
    return 0;
}
