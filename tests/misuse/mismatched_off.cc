/*
 * With the check off nothing is said.
 * opts: no-check-mismatch
 */
#include "misuse.h"

int
main()
{
    delete static_cast<long *>(make(8));
    end(new long);
    return 0;
}
