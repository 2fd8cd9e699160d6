/*
 * track/annotate.h - what the program says of its blocks: names, and which of
 * them it keeps on purpose.
 *
 * A note is ten bits of a live block's history, beside the alignment: whether
 * reports pass over the block, and the number of its name. A name is kept
 * once, for ever; there is room for ANNOTATE_NAMES_MAX of them.
 *
 * A thread has a note of its own for the blocks that it makes. While no thread
 * ever had one, malloc does not look: policy.attention says so.
 *
 * Thread: any.   Signal: yes, but for annotate_name.   Locks: none.
 */
#ifndef TRACK_ANNOTATE_H
#define TRACK_ANNOTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/heap.h"
#include "track/self.h"

/* freed_thread of a live block's history: the alignment, then the note. */
#define ANNOTATE_ALIGN_MASK 0x3fu
#define ANNOTATE_IGNORED 0x40u
#define ANNOTATE_NAME_SHIFT 7

#define ANNOTATE_NAMES_MAX 511
#define ANNOTATE_TEXT_MAX 64 /* bytes of a name, its NUL included */

/* annotate_align - the alignment that a live block was asked for with, or 0. */
static inline size_t
annotate_align(const struct slot *slot)
{
    unsigned log2 =
        slot->record->is_bare
            ? 0
            : heap_history(slot)->freed_thread & ANNOTATE_ALIGN_MASK;

    return log2 == 0 ? 0 : (size_t)1 << log2;
}

/* annotate_of - the note of a live block. */
static inline unsigned
annotate_of(const struct slot *slot)
{
    return slot->record->is_bare
               ? 0
               : heap_history(slot)->freed_thread & ~ANNOTATE_ALIGN_MASK;
}

/* annotate_put - add `note` to that of the live block at `p`. is_renaming: its
 * name replaces the one that the block has. */
void annotate_put(const void *p, unsigned note, bool is_renaming);

/* annotate_is_used - some thread had a note. */
bool annotate_is_used(void);

/* annotate_name - the number of `name`, cut to ANNOTATE_TEXT_MAX; 0 if there is
 * no room for another. */
unsigned annotate_name(const char *name);

#endif
