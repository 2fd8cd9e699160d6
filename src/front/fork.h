/*
 * front/fork.h - what happens to the library around a fork.
 */
#ifndef FRONT_FORK_H
#define FRONT_FORK_H

/*
 * fork_install - register the handlers; once, at start, before any other
 * library can register its own.
 *
 * Then ours run last before the fork and first after it: whatever other
 * handlers allocate, the heap is whole.
 * Signal: no. It may allocate.
 */
void fork_install(void);

#endif
