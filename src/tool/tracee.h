/*
 * tool/tracee.h - a process that somebody wants to attach to: what it is, and
 * whether that is allowed, told before it is tried.
 *
 * The kernel says "not permitted" for a dozen reasons. Each is looked at here
 * in the order in which the kernel does, so that the message names the one and
 * what to do about it. Source: ptrace(2), "Ptrace access mode checking";
 * Linux Documentation/admin-guide/LSM/Yama.
 */
#ifndef TOOL_TRACEE_H
#define TOOL_TRACEE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define TRACEE_NAME_MAX 64
#define TRACEE_PATH_MAX 4096
#define TRACEE_WHY_MAX 512

struct tracee {
    int pid;
    int inner_pid;    /* in its own pid namespace */
    int tracer;       /* who traces it, 0: nobody */
    int seccomp;      /* 0 off, 1 strict, 2 filter */
    char state;       /* R, S, D, T, t, Z, X */
    unsigned uids[3]; /* real, effective, saved */
    unsigned gids[3];
    unsigned threads;
    bool has_shadow_stack;
    bool is_other_root; /* its files are not ours: a container, a chroot */
    bool is_other_user_namespace;
    char name[TRACEE_NAME_MAX];
    char path[TRACEE_PATH_MAX]; /* of its program, "" unknown */
};

/* tracee_read - what /proc says of process `pid`. Returns 0 or -errno. */
int MUST_CHECK tracee_read(int pid, struct tracee *out_tracee);

/*
 * tracee_check - may it be attached to, as far as can be told from outside?
 *
 * Returns 0, or -EPERM and the like with a sentence or two in `why`: the rule,
 * and what to do.
 */
int MUST_CHECK tracee_check(const struct tracee *tracee, char *why,
                            size_t size);

#endif
