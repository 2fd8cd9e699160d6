/*
 * monitor/onsignal.h - report-signal: a report of the running program.
 */
#ifndef MONITOR_ONSIGNAL_H
#define MONITOR_ONSIGNAL_H

/*
 * onsignal_install - have signal `number` ask for a report (0: none does).
 *
 * An earlier number's handler is taken away, if it is still ours. A handler
 * that the program installs afterwards replaces ours; the program wins.
 * Thread: one at a time.   Signal: no.
 */
void onsignal_install(int number);

#endif
