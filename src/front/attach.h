/*
 * front/attach.h - blocks of another allocator: heap=libc, and a process that
 * the command attached to.
 *
 * Where the library was there first (preloaded, linked), its malloc is what the
 * program calls already, and only hands the call on. Where it came later, the
 * import slots of the program's modules are made to lead to it, one by one.
 */
#ifndef FRONT_ATTACH_H
#define FRONT_ATTACH_H

#include <stdbool.h>

/* attach_is_guest - true if the program's malloc is not ours: the library was
 * loaded into a process that runs already. */
bool attach_is_guest(void);

/* attach_options - the options that the command gave, NULL: none. */
const char *attach_options(void);

/*
 * attach_find_allocator - for heap=libc, and for a guest: find the functions
 * that make the program's blocks, and observe them. Before track_start.
 *
 * Returns 0; -ENOTSUP if the program has no malloc that can be found.
 */
int attach_find_allocator(void);

/* attach_child - in a forked child: the attachment is the parent's, so calls
 * pass through; heap=libc goes on. */
void attach_child(void);

#endif
