/*
 * leak/roots.h - where reachability starts.
 *
 * Roots are: the registers of every thread; its stack from the stack pointer
 * up, with the thread's control block, its thread-local memory and its pthread
 * keys, which lie on top of it; every other private memory of the process that
 * can be written, or was written before it was protected: the data of modules,
 * the loader's memory and static
 * TLS, the break, mappings of the program's own (a pointer kept there keeps a
 * block as well as one in a variable); regions that were registered; blocks
 * that the library holds for the program.
 *
 * Not roots are: the heap's memory and the library's own; the part of a stack
 * under the stack pointer; the stacks of threads that have ended, which libc
 * keeps for the next ones; memory shared with other processes, unless it is
 * anonymous.
 *
 * Where /proc is missing, the modules' writable segments, the calling thread's
 * stack and its control block are all there is, and roots_find says so.
 *
 * Thread: one at a time.   Locks: held: the heap's.
 */
#ifndef LEAK_ROOTS_H
#define LEAK_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "leak/leak.h"

/* roots_begin - before a scan; roots_end - after it. */
void roots_begin(void);
void roots_end(void);

/* roots_add - [start, start + bytes) is a root too, if it can be read. */
void roots_add(uintptr_t start, size_t bytes);

/*
 * roots_mark - find the roots, and mark what they point to (in the mode that
 * mark.h is in).
 *
 * Allocates nothing once it has read what is mapped, so nothing that it reads
 * goes away under it. Fills the members of *scan that tell of roots.
 * Returns 0 or -ENOMEM.
 */
int MUST_CHECK roots_mark(const struct leak_caller *caller,
                          const struct world *world,
                          struct snapshot_scan *scan);

#endif
