/*
 * With the check off nothing is said.
 * opts: no-check-fence, no-check-shutdown
 */
#include "misuse.h"

int
main(void)
{
    void *p = make(24);
    damage(p, 24);
    end(p);
    return 0;
}
