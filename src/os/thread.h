/*
 * os/thread.h - who is running, and threads of our own.
 */
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* thread_id - the kernel's id of the calling thread (gettid).  Signal: yes. */
int thread_id(void);

/* thread_process_id - getpid, asked of the kernel each time.  Signal: yes. */
int thread_process_id(void);

/*
 * thread_start - start a thread of the library's own, detached, with every
 * signal blocked.
 *
 * Returns 0 or -errno. It may allocate through the program's malloc (libc makes
 * the thread's control block): the caller marks itself as inside the library
 * first.   Thread: any.   Signal: no.
 */
int MUST_CHECK thread_start(void (*run)(void *), void *argument);

/* thread_sleep - sleep for `ns`; signals may end it early. */
void thread_sleep(uint64_t ns);

/* thread_name - the kernel's name of thread `tid` of this process, "?" where it
 * cannot be read. Returns `buffer`, which should have 16 bytes. */
const char *thread_name(int tid, char *buffer, size_t size);

/* thread_count - threads in this process by /proc, or 0 if unknown. */
unsigned thread_count(void);

#endif
