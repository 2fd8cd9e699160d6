/*
 * os/remote.h - another process: its memory, and its threads stopped by ptrace.
 *
 * The caller becomes the tracer of the threads that it seizes, and only the
 * thread that seized may ask. A tracer that dies lets its threads go on.
 *
 * Functions return 0 or a negative errno (-ESRCH where the thread is gone).
 * Thread: the one that seized.   Signal: no.   Source: ptrace(2).
 */
#ifndef OS_REMOTE_H
#define OS_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "os/arch/arch.h"

/* ---- memory ---- */

/* remote_read - copy up to `n` bytes from `addr` in process `pid`; the number
 * that could be read, 0..n. */
size_t remote_read(int pid, uintptr_t addr, void *buffer, size_t n);

/* remote_write - write `n` bytes at `addr`, also where the process itself may
 * only read them (its mapping must be private). */
int MUST_CHECK remote_write(int pid, uintptr_t addr, const void *bytes,
                            size_t n);

/* remote_text - copy the text at `addr`, cut to fit. Returns its length, or
 * -EFAULT. */
long MUST_CHECK remote_text(int pid, uintptr_t addr, char *buffer, size_t size);

/* ---- threads ---- */

enum remote_stop_kind {
    REMOTE_STOP_EVENT,  /* remote_interrupt, or a stop of its whole group */
    REMOTE_STOP_CALL,   /* at the beginning or end of a system call */
    REMOTE_STOP_SIGNAL, /* about to get `signal` */
    REMOTE_STOP_ENDED
};

struct remote_stop {
    enum remote_stop_kind kind;
    int signal;
    bool is_entry; /* CALL: the system call has not begun */
};

/* remote_seize - become the tracer of thread `tid`, which goes on. */
int MUST_CHECK remote_seize(int tid);

/* remote_interrupt - ask the thread to stop; remote_wait tells when it has. */
int MUST_CHECK remote_interrupt(int tid);

/* remote_wait - wait until it has stopped, `timeout_ns` at most: then
 * -ETIMEDOUT. */
int MUST_CHECK remote_wait(int tid, uint64_t timeout_ns,
                           struct remote_stop *out_stop);

/* How a stopped thread goes on. */
enum remote_go { REMOTE_GO_FREE, REMOTE_GO_TO_CALL };

/* remote_go - let it go on, with `signal` (0: none), to the next stop. */
int MUST_CHECK remote_go(int tid, enum remote_go how, int signal);

/* remote_detach - let the stopped thread go, with `signal` (0: none). */
int remote_detach(int tid, int signal);

int MUST_CHECK remote_get_registers(int tid, struct arch_remote *out_registers);
int MUST_CHECK remote_set_registers(int tid,
                                    const struct arch_remote *registers);

/* remote_get_note, remote_set_note - another set of registers, by its note
 * (NT_PRFPREG, ARCH_NOTE_*). *size: of the buffer, then of what there is. */
int MUST_CHECK remote_get_note(int tid, unsigned note, void *buffer,
                               size_t *size);
int remote_set_note(int tid, unsigned note, const void *bytes, size_t size);

/* remote_get_filter - the seccomp filter `index` of the thread, its newest
 * first: its length, -ENOENT if there is none, -EACCES without CAP_SYS_ADMIN,
 * -E2BIG if it has more than `most` instructions (of 8 bytes). */
long MUST_CHECK remote_get_filter(int tid, unsigned index, void *program,
                                  size_t most);

/* remote_get_mask, remote_set_mask - the signals that the thread blocks. */
int MUST_CHECK remote_get_mask(int tid, uint64_t *out_mask);
int remote_set_mask(int tid, uint64_t mask);

#endif
