/*
 * A signal that somebody sent is no fault.
 *
 * signal: 11
 * report: none
 */
#include "misuse.h"

#include <signal.h>

int
main(void)
{
    return raise(SIGSEGV);
}
