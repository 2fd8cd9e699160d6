/*
 * tool/remotefind.h - stop a thread of another process at a safe point.
 *
 * Each thread in turn is stopped and looked at. One that waits in a system call
 * is at a boundary already; one that computes is run to its next call, for a
 * moment. It is kept if nothing on its stack holds a lock of the loader's or an
 * allocator's; else it goes on, and the next is tried. A call that ended for
 * our stop alone is made again, whether the thread is kept or not.
 *
 * Source: ptrace(2).   Thread: the one that is the tracer.
 */
#ifndef TOOL_REMOTEFIND_H
#define TOOL_REMOTEFIND_H

#include <stdint.h>

#include "base/attr.h"
#include "tool/remotecall.h"

/*
 * remotefind_thread - stop a thread of remote->map's process, and note in
 * `remote` which, and what it is to get back.
 *
 * Returns 0; -ETIMEDOUT if none came to a safe point in `timeout_ns`; -ENOEXEC
 * if the process has become another program than the map was read of; or
 * another negative errno. remote->why says more.
 */
int MUST_CHECK remotefind_thread(struct remotecall *remote,
                                 uint64_t timeout_ns);

/* remotefind_let_go - let it go on as if it had not been stopped: before
 * anything else was made of it. */
void remotefind_let_go(struct remotecall *remote);

/* remotefind_ids - the process and the stopped thread, as they are numbered in
 * their own pid namespace. */
void remotefind_ids(const struct remotecall *remote, int *out_process,
                    int *out_thread);

#endif
