/*
 * os/signal.h - signals by system call: names, handlers, masks.
 *
 * Thread: any.   Signal: yes.   errno: untouched.
 */
#ifndef OS_SIGNAL_H
#define OS_SIGNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* signal_from_name - the number of "USR1", "SIGUSR1", "usr1", "10", "RTMIN+2";
 * -EINVAL if there is none. `n` bytes at `name`. */
int signal_from_name(const char *name, size_t n);

/* signal_name - "SIGUSR1"; "signal 70" goes to `buffer` (16 bytes) where there
 * is no name. */
const char *signal_name(int number, char *buffer, size_t size);

/* What a signal does, as the kernel keeps it. */
struct signal_action {
    void *handler;   /* SIG_DFL, SIG_IGN, or the function */
    uint64_t flags;  /* SA_* */
    uint64_t mask;
};

/* signal_set - install `action`; *out_old, if not NULL, gets the earlier one.
 * Returns 0 or -errno. */
int MUST_CHECK signal_set(int number, const struct signal_action *action,
                          struct signal_action *out_old);

/* signal_get - what `number` does now. */
int MUST_CHECK signal_get(int number, struct signal_action *out_action);

/* signal_stack_get - the calling thread's stack for handlers; false if it has
 * none. */
bool signal_stack_get(uintptr_t *out_start, size_t *out_size);

/* signal_stack_set - give the calling thread one; NULL: none. Returns 0 or
 * -errno (it runs on it now). */
int MUST_CHECK signal_stack_set(void *start, size_t size);

/* signal_block_all - block every signal of this thread; returns the earlier
 * mask for signal_restore. */
uint64_t signal_block_all(void);
void signal_restore(uint64_t mask);

/* signal_block_mask - block the signals in `mask` too (bit number - 1). */
uint64_t signal_block_mask(uint64_t mask);

/*
 * signal_heard - the signals that do something here: all but those that are
 * ignored, by default or because the program says so.
 *
 * An ignored signal that some thread blocks waits in vain, and on its way wakes
 * another thread, whose call then fails with EINTR: so whoever blocks signals
 * for a while, in a thread of the program's, blocks these alone.
 */
uint64_t signal_heard(void);

/* signal_send - send to one thread of this process (tgkill). */
int signal_send(int tid, int number);

/* signal_raise_default - give `number` its default action and send it to this
 * thread; returns only if that does not end the process. */
void signal_raise_default(int number);

#endif
