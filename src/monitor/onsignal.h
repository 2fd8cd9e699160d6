/*
 * monitor/onsignal.h - report-signal, mark-signal, toggle-signal.
 */
#ifndef MONITOR_ONSIGNAL_H
#define MONITOR_ONSIGNAL_H

#include <stdint.h>

/*
 * onsignal_install - from now on signal `number` asks our thread for `request`
 * (one of enum periodic_request); 0: no signal does. The signal that did so
 * before gets its default action back, if its handler is still ours.
 *
 * Thread: one at a time.   Signal: no.
 */
void onsignal_install(uint32_t request, int number);

#endif
