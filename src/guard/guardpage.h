/*
 * guard/guardpage.h - which blocks get guard pages.
 *
 * Every one, each Nth, or (guard-sample) about one in N at random. Blocks that
 * are drawn are few at any time, so the cost stays flat however the program
 * grows; where all are in use, the next draw comes when one is freed. And
 * however fast it allocates: with one in a thousand or fewer, a thread draws no
 * more often than one that makes five million blocks a second does.
 *
 * Source: sampling as in GWP-ASan, Serebryany et al., 2023; ours.
 */
#ifndef GUARD_GUARDPAGE_H
#define GUARD_GUARDPAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/heap.h"

/* One self's way to its next guarded block; written by its holder alone. */
struct guardpage_turn {
    uint64_t left;   /* blocks until then; 0: not drawn yet */
    uint64_t random; /* state of its generator; 0: not begun */
    uint64_t drawn_ns; /* when a block was drawn last */
};

/* guardpage_start - read the options, which do not change. Called once. */
void guardpage_start(void);

/* guardpage_is_on, guardpage_is_all - some blocks, every block. */
bool guardpage_is_on(void);
bool guardpage_is_all(void);

/* guardpage_passes - count one block, if it is one of those between: true. Else
 * guardpage_is_due has to be asked. */
static ALWAYS_INLINE bool
guardpage_passes(struct guardpage_turn *turn)
{
    if (UNLIKELY(turn->left <= 1))
        return false;
    turn->left--;
    return true;
}

/* guardpage_is_due - count one block of `size` bytes; true if it is to have
 * guard pages. */
bool guardpage_is_due(struct guardpage_turn *turn, size_t size);

/*
 * guardpage_alloc - heap_alloc_guarded for a block that is due.
 *
 * *out_refused: set where the kernel has no room for more, the first time.
 */
bool MUST_CHECK guardpage_alloc(struct tcache *tcache,
                                struct guardpage_turn *turn, size_t size,
                                size_t align, struct slot *out_slot,
                                uintptr_t *out_user, bool *out_refused);

/* guardpage_end - a guarded block was freed. */
void guardpage_end(void);

/* guardpage_count - guarded blocks that are live now. */
uint64_t guardpage_count(void);

#endif
