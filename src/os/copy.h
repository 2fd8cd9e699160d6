/*
 * os/copy.h - a copy of this process that looks at its memory as it was at one
 * instant, and sends what it finds through a pipe.
 *
 * The copy is made by the kernel's clone alone: no handler of fork runs, no
 * signal is sent when it ends, and the program's wait does not see it. It has
 * one thread, the caller's, may use system calls and memory only, and must end
 * by copy_end.
 *
 * Thread: any.   Signal: no.   errno: untouched.
 */
#ifndef OS_COPY_H
#define OS_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct copy {
    int pid; /* 0 in the copy itself */
    int fd;  /* of the pipe: the reading end, in the copy the writing one */
};

/* copy_begin - what can be done before the instant: the pipe. Returns 0 or
 * -errno. */
int MUST_CHECK copy_begin(struct copy *copy, int *out_writing_end);

/* copy_abandon - there will be no copy: close the pipe. */
void copy_abandon(struct copy *copy, int writing_end);

/*
 * copy_make - copy the process; returns in both, copy->pid tells which is
 * which. The copy has every signal blocked. Returns 0 or -errno (copy_begin's
 * pipe is then closed).
 */
int MUST_CHECK copy_make(struct copy *copy, int writing_end);

/* copy_settle - in the copy: close all files but the pipe (so that a socket
 * that the program closes is closed), give way to the program (`background`)
 * and be the first to go where memory runs out. */
void copy_settle(const struct copy *copy, bool background);

/* copy_send - write all `n` bytes. Returns 0 or -errno. */
int MUST_CHECK copy_send(const struct copy *copy, const void *bytes, size_t n);

/* copy_wait - true once there is something to receive, or nothing will come any
 * more; false if neither happened within `timeout_ns`. */
bool copy_wait(const struct copy *copy, uint64_t timeout_ns);

/* copy_receive - read exactly `n` bytes; -EPIPE if the copy ended before. */
int MUST_CHECK copy_receive(const struct copy *copy, void *bytes, size_t n);

/* copy_end - in the copy: end it. */
void NORETURN copy_end(void);

/* copy_finish - close the pipe, end the copy if it has not ended, and take its
 * leave. *out_signal: what killed it, or 0. */
void copy_finish(struct copy *copy, int *out_signal);

#endif
