/*
 * tool/family.h - a process and all that it forked, or forks later: each is
 * served by a process of its own.
 *
 * A server of several processes (postgres, nginx, a pool of workers) is looked
 * at as a whole. A child that lives for less than FAMILY_AGE is left alone: it
 * would be gone before anything is known of it. One that runs another program
 * by now is served anew.
 *
 * Thread: one.   Signal: no.
 */
#ifndef TOOL_FAMILY_H
#define TOOL_FAMILY_H

#include <stdbool.h>
#include <sys/types.h>

/* Seconds. */
#define FAMILY_AGE 0.5

/*
 * family_serve - call serve(pid, context) for the process `root` and each
 * descendant, in a child of this process; what it returns is the child's exit
 * status. The children are told to end, by SIGTERM, when this process ends.
 *
 * urgency: how often somebody has asked to end; it is asked now and then, and
 * the children get a SIGTERM for each time.
 * Returns the exit status of the child for `root`, once there is no child left.
 */
int family_serve(pid_t root, int (*serve)(pid_t pid, void *context),
                 void *context, int (*urgency)(void));

/* family_root - the process of these that all others descend from; 0 if none
 * is. */
pid_t family_root(const pid_t *pids, size_t count);

/* family_begin_turn, family_end_turn - in between no other process of the
 * family prints. Nothing outside of family_serve. */
void family_begin_turn(void);
void family_end_turn(void);

#endif
