/*
 * monitor/oncrash.h - catch-signals: a last report before a signal ends the
 * process.
 */
#ifndef MONITOR_ONCRASH_H
#define MONITOR_ONCRASH_H

#include <stdint.h>

/*
 * oncrash_install - have the signals in `mask` (bit number - 1) write a report
 * before their default action; those that are no longer in it act as before.
 *
 * A signal that is ignored (nohup) or that the program handles is left alone.
 * Thread: one at a time.   Signal: no.
 */
void oncrash_install(uint64_t mask);

/* oncrash_written - our thread has written the last report: the process ends
 * now, by the signal. */
void oncrash_written(void);

/* oncrash_child - in a forked child: no signal is being dealt with. */
void oncrash_child(void);

#endif
