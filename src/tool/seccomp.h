/*
 * tool/seccomp.h - would a thread's seccomp filter let the library work there?
 *
 * A filter may end the process at a system call that it has never made before.
 * So the filters are read from the kernel, and run here on each call that the
 * library makes, before anything is tried.
 *
 * Thread: the tracer.   Signal: no.   Source: seccomp(2), ptrace(2)
 * (PTRACE_SECCOMP_GET_FILTER); the machine: McCanne and Jacobson, USENIX 1993,
 * as in Linux Documentation/networking/filter.rst.
 */
#ifndef TOOL_SECCOMP_H
#define TOOL_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/*
 * seccomp_run - what `program` of `count` instructions says of a call.
 *
 * Returns the action and its data (SECCOMP_RET_*); SECCOMP_RET_KILL_PROCESS for
 * a program that the kernel would not have taken.
 */
uint32_t seccomp_run(const struct sock_filter *program, size_t count,
                     const struct seccomp_data *call);

/*
 * seccomp_judge - may the library work under these filters?
 *
 * action: of one call, the strictest of all filters'.
 * Returns 0, or -EPERM with the reason in `why`.
 */
int MUST_CHECK seccomp_judge(uint32_t (*action)(int64_t call, void *context),
                             void *context, char *why, size_t size);

/* seccomp_check - the same of the stopped thread `tid` of process `pid`. */
int MUST_CHECK seccomp_check(int pid, int tid, char *why, size_t size);

#endif
