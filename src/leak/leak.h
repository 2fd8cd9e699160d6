/*
 * leak/leak.h - the door of leak: what nothing points to.
 *
 * Purpose: says of every live block whether the program can still reach it.
 * A scan starts from the roots (roots.h: writable memory of modules, stacks,
 * registers, thread-local memory, other writable memory of the program's) and
 * follows every word that has the value of an address in a block.
 *
 * Kinds. REACHABLE: pointers to the first byte of each block lead from a root
 * to it. POSSIBLE: a chain leads to it, and somewhere on it is a pointer into
 * the middle of a block that no rule of interior.h explains. DEFINITE: nothing
 * points to it but what is lost itself, and it hangs under no other lost block.
 * INDIRECT: only lost blocks lead to it; its leader is the DEFINITE block that
 * it hangs under. The kinds are those of valgrind's memcheck.
 *
 * Owns: the shadow (shadow.h), which exists during a scan; the registered
 * roots; the signal that stops threads (world.h).
 *
 * Invariants: a scan changes no block and no record; what belongs to the
 * library, what is freed and what is quarantined is never a root. Reading
 * memory cannot fault: what may not be there is read by the kernel.
 *
 * Locks: leak_lock (rank LEAK) over the registered roots; while a scan runs,
 * those of track_freeze, held by its caller. One scan at a time.
 * Reading order: leak.h, shadow.h, mark.c, roots.c, interior.c, classify.c,
 * world.h, scan.c.
 * Source: mark and sweep is McCarthy 1960; the kinds and the rules for interior
 * pointers are those that the valgrind manual describes (sec. 4.2.8).
 */
#ifndef LEAK_LEAK_H
#define LEAK_LEAK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "model/snapshot.h"
#include "os/arch/arch.h"
#include "leak/world.h"

/*
 * Where the calling thread left the program: below is the library's. Of a
 * thread of our own, zeroed: it has nothing of the program's.
 */
struct leak_caller {
    uintptr_t stack; /* the lowest address of the program's frames */
    uintptr_t kept[ARCH_KEPT_COUNT];
};

/* LEAK_CALLER - declare `name` for the function it stands in, which the
 * program called. */
#define LEAK_CALLER(name)                                                      \
    struct leak_caller name = {                                                \
        .stack = arch_frame_bottom((uintptr_t)__builtin_frame_address(0))};    \
    arch_kept_read((name).kept)

/*
 * leak_scan - find out the kind of every live block.
 *
 * caller: of the calling thread, or NULL: none of its stack is a root.
 * world:  the other threads, stopped, or as they were when this copy of the
 *         process was made; NULL if there are none.
 * *out_scan: what was looked at.
 * Returns 0; -ENOMEM where there is no memory for the shadow. leak_end in any
 * case.
 *
 * Thread: one at a time.   Signal: no.   Locks: held: track_freeze.
 */
int MUST_CHECK leak_scan(const struct leak_caller *caller,
                         const struct world *world,
                         struct snapshot_scan *out_scan);

/*
 * leak_kind - the kind of the live block whose user address is `addr`.
 *
 * *out_leader: of an INDIRECT one its leader's user address, else 0.
 * Returns LEAK_OUTSTANDING of a block that the scan did not see.
 * Between leak_scan and leak_end.   Cost: O(1) to the depth of the tree.
 */
enum leak_kind leak_kind(uintptr_t addr, uintptr_t *out_leader);

/* leak_overlaps - call `visit` for each live block of another allocator's that
 * begins in the middle of one: the addresses of that one and of its own. Both
 * cannot live. Between leak_scan and leak_end. */
void leak_overlaps(void (*visit)(uintptr_t outer, uintptr_t inner,
                                 void *context),
                   void *context);

/* leak_end - give the shadow back. */
void leak_end(void);

/*
 * leak_root_insert - [start, start + bytes) is a root from now on, wherever it
 * lies; it may be unmapped without more ado.
 *
 * Returns 0, or -ENOMEM.   Thread: any.   Signal: no.   Locks: leak.
 */
int MUST_CHECK leak_root_insert(uintptr_t start, size_t bytes);

/* leak_root_remove - the region that starts at `start` is a root no more; false
 * if it was none. */
bool leak_root_remove(uintptr_t start);

/* freeze, thaw for fork; child: in the forked child. */
void leak_freeze(void);
void leak_thaw(void);
void leak_child(void);

#endif
