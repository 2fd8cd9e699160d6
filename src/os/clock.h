/*
 * os/clock.h - what time it is, in nanoseconds.
 *
 * Thread: any.   Signal: yes.   Locks: none.
 */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* clock_now - monotonic time, never going back, of unknown origin. */
uint64_t clock_now(void);

/* clock_coarse - clock_now to the precision of the kernel's tick (1..10 ms),
 * cheaper. */
uint64_t clock_coarse(void);

/* clock_unix - time since 1970-01-01 UTC. */
uint64_t clock_unix(void);

/* clock_cpu - CPU time used by this process, user and system. */
uint64_t clock_cpu(void);

/* clock_text - `unix_ns` as "2026-11-23T10:11:12Z" (UTC: a time zone would need
 * libc's files and locks). Returns `buffer`, which should have 24 bytes. */
const char *clock_text(char *buffer, size_t size, uint64_t unix_ns);

#endif
