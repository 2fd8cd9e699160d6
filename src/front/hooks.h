/*
 * front/hooks.h - the program's own hooks, and the latest error.
 */
#ifndef FRONT_HOOKS_H
#define FRONT_HOOKS_H

#include <stdint.h>

#include "dbgmalloc.h"
#include "model/finding.h"
#include "model/trace.h"

/* hooks_finding - track's finding hook: notes the error, calls the debugger's
 * break points and the program's handler. errno: untouched. */
void hooks_finding(const struct finding *finding);

/* hooks_set_error - remember `error` for dbgmalloc_errno; returns it. */
int hooks_set_error(int error);

/* hooks_place - a trace as the public struct says it. */
void hooks_place(const struct trace *trace, struct dbgmalloc_place *out_place);

#endif
