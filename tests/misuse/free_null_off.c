/*
 * Freeing nothing is right, unless asked otherwise.
 */
#include "misuse.h"

int
main(void)
{
    end(NULL);
    return 0;
}
