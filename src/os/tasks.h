/*
 * os/tasks.h - the threads of this process as the kernel tells of them in
 * /proc/self/task.
 *
 * Thread: any.   Signal: yes.   Locks: none.   errno: untouched.
 */
#ifndef OS_TASKS_H
#define OS_TASKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * tasks_each - call `visit` with the id of each thread, until it returns false.
 *
 * A thread that starts or ends meanwhile may or may not be visited.
 * Returns the number visited, or -errno where the list cannot be read.
 */
long tasks_each(bool (*visit)(int tid, void *context), void *context);

/* What the kernel says of one thread. */
struct tasks_look {
    char state;       /* as in proc_pid_status(5): R, S, D, Z, ... */
    uint64_t blocked; /* signals: bit number - 1 */
    uint64_t pending; /* those of its own that wait for it */
    bool has_place;   /* sp and pc are known: it sleeps in the kernel */
    long call;        /* the system call it sleeps in, -1 for none */
    uintptr_t arguments[6];
    uintptr_t sp;
    uintptr_t pc;
};

/* tasks_look - look at thread `tid`. Returns 0; -ESRCH if it is gone; another
 * -errno where /proc does not tell. */
int MUST_CHECK tasks_look(int tid, struct tasks_look *out_look);

#endif
