/*
 * leak/callagain.h - a system call that our signal interrupted goes on.
 *
 * The kernel restarts most calls after a handler with SA_RESTART. Those that it
 * lets fail with EINTR (signal(7), "Interruption of system calls") it would go
 * on with after a stop that no handler was told of; so does this.
 */
#ifndef LEAK_CALLAGAIN_H
#define LEAK_CALLAGAIN_H

#include "base/attr.h"
#include "os/tasks.h"

/*
 * callagain_fix - at the end of a handler: if the interrupted code is just
 * coming back from such a call with EINTR, have it go on.
 *
 * A call that waits without a limit, until a fixed time, or that itself notes
 * what is left of its time, is simply made again. One with a time of its own is
 * finished here, inside of the handler, with the program's signal mask. If a
 * signal is waiting that the program handles, EINTR stands: its handler comes
 * next. May not return: then another handler's wait goes on.
 *
 * look: what the kernel said of the thread before it was interrupted; used if
 * it fits. ours: the number of our signal.
 * Signal: in a handler alone, with the signals blocked that are heard.
 */
void callagain_fix(void *ucontext, const struct tasks_look *look, int ours);

/* callagain_outer - what the program was doing: `ucontext`, or, if a handler of
 * ours was interrupted that is finishing a call, what that one interrupted.
 * Signal: in a handler. */
const void *callagain_outer(const void *ucontext);

#endif
