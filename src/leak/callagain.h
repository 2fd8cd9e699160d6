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
 * signal of the program's is waiting, EINTR stands: its handler comes next.
 *
 * look: what the kernel said of the thread before it was interrupted; used if
 * it fits.   Signal: in a handler alone, with all signals blocked.
 */
void callagain_fix(void *ucontext, const struct tasks_look *look);

#endif
