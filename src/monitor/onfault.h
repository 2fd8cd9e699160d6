/*
 * monitor/onfault.h - check-faults: say what a memory fault touched, before it
 * ends the process.
 *
 * Our handler of SIGSEGV and SIGBUS stands only where the program wants the
 * default action. After the report the fault happens again without it, so exit
 * status, signal and core are those of the fault. front/signals.c keeps the
 * program from seeing it.
 *
 * A thread that has no stack for handlers gets one, so that a fault for want of
 * stack can be reported too; the report itself is made on a stack of its own,
 * for the program's may be small.
 */
#ifndef MONITOR_ONFAULT_H
#define MONITOR_ONFAULT_H

#include <signal.h>
#include <stdbool.h>

/* onfault_install - stand where the options want it, and leave where not.
 * After oncrash_install, whose signals go first.   Thread: one at a time.
 * Signal: no. */
void onfault_install(void);

/* onfault_thread_begin - give the calling thread a stack for handlers if it has
 * none. onfault_thread_end: take it away again.   Signal: yes. */
void onfault_thread_begin(void);
void onfault_thread_end(void);

/*
 * onfault_tell - for another handler of the library's: report the fault that
 * `info` and `ucontext` are of.
 *
 * Does nothing for a signal that somebody sent, and the second time.
 * Signal: yes.
 */
void onfault_tell(int number, const siginfo_t *info, const void *ucontext);

/* onfault_is_ours - true if the address is that of our handler. Signal: yes. */
bool onfault_is_ours(const void *handler);

/* onfault_is_on - true while our handler takes the place of the default action
 * of `number`.   Signal: yes. */
bool onfault_is_on(int number);

/* onfault_default - the program asks for the default action of `number`: it
 * gets it, by way of our handler.   Returns 0 or -errno.   Signal: yes. */
int onfault_default(int number);

/* onfault_child - in a forked child: nothing is reported yet. */
void onfault_child(void);

#endif
