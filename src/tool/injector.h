/*
 * tool/injector.h - a thread of another process brings the library in.
 *
 * One thread of the process is taken at a safe point (remotecall.h), loads the
 * library if no earlier attachment has left it there, and calls
 * dbgmalloc_attach_; then it goes on with what it was at. The other threads are
 * not held. This is all that ptrace is used for.
 *
 * Thread: one.   Signal: no.
 */
#ifndef TOOL_INJECTOR_H
#define TOOL_INJECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"

/*
 * injector_run - have process `pid`, called `name` in messages, begin an
 * attachment.
 *
 * options: of the library, as in DBGMALLOC_OPTS.
 * *out_is_told: what went wrong was said. *out_stopped_ns: how long its thread
 * was away.
 * Returns the descriptor in that process of the page that both share
 * (model/control.h); what dbgmalloc_attach_ gave if that is negative, or
 * another -errno: then the process is as it was.
 */
int MUST_CHECK injector_run(pid_t pid, const char *name, const char *options,
                            bool *out_is_told, uint64_t *out_stopped_ns);

#endif
