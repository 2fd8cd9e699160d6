/*
 * front/signals.h - the handler of check-faults is not to be seen: sigaction
 * and signal say, and set, what they would without it.
 */
#ifndef FRONT_SIGNALS_H
#define FRONT_SIGNALS_H

#include <signal.h>

/* signals_hidden - what the program is to see where the kernel has `action`
 * for `number`: true, and *action made the default, if that is our handler. */
int signals_hidden(int number, struct sigaction *action);

#endif
