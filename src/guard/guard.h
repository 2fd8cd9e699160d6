/*
 * guard/guard.h - the door of guard: the bytes around a block.
 *
 * Purpose: fences between blocks and fills inside them, so that a write where
 * the program has no business is noticed and can be described byte by byte.
 *
 * Owns: the fence pattern and its key, the layout that fences ask of the heap,
 * the quarantine.
 * It prints nothing and decides nothing: it says what is damaged, track makes
 * a finding of it.
 *
 * Invariants, where fences of f bytes are on. Let a block have the user address
 * u and n bytes, in the slot [s, e). Then the bytes [u + n, e) are its rear
 * fence and [s - f, u) its front fence, of which [s - f, s) is the end of the
 * slot before (or the lead of the span). Every slot that was handed out once
 * keeps the pattern in its last f bytes until its memory goes back to the
 * arena: free slots too. So one fence serves two neighbours, and an address
 * has the same pattern whoever looks at it.
 *
 * Locks: that of the quarantine. Reading order: fence.h, slotfence.h,
 * fill.h, layout.c, quarantine.h, guardpage.h.
 */
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guard/fence.h"
#include "guard/fill.h"
#include "guard/guardpage.h"
#include "guard/quarantine.h"
#include "guard/slotfence.h"
#include "heap/heap.h"

/*
 * guard_plan - the heap layout that the options ask for: no lead and tail
 * without fences, else both of check-fence bytes.
 *
 * records: whether every slot gets a record; without one there are no fences.
 */
void guard_plan(bool records, struct heap_layout *out_layout);

/* guard_start - choose the key of the pattern. Called once. */
void guard_start(void);

/* guard_has_fences - true where blocks have fences. */
static inline bool
guard_has_fences(void)
{
    return heap_layout.tail != 0;
}

/* guard_arm_alone - guard_arm for a guarded block; always true. */
bool guard_arm_alone(const struct slot *slot, uintptr_t user, size_t size);

/* guard_is_alone_intact - guard_is_intact for a guarded block. */
bool guard_is_alone_intact(const struct slot *slot, uintptr_t user,
                           size_t size);

/*
 * guard_arm - set the fences of a block that is being made in `slot`.
 *
 * The last f bytes of a slot that is not fresh have the pattern already.
 * Returns false if they do not: something wrote there since.
 */
static ALWAYS_INLINE bool
guard_arm(const struct slot *slot, uintptr_t user, size_t size)
{
    uintptr_t end = slot->end;

    if (LIKELY(!slot->is_fresh && slot->span->kind == SPAN_SLOTS)) {
        uintptr_t keep = end - heap_layout.lead;

        if (UNLIKELY(user != slot->start))
            fence_arm(slot->start, user);
        fence_arm(user + size, keep);
        return fence_is_intact(keep, end);
    }
    if (UNLIKELY(slot->span->is_guarded))
        return guard_arm_alone(slot, user, size);
    if (slot->index == 0)
        fence_arm(slot->start - heap_layout.lead, slot->start);
    fence_arm(slot->start, user);
    fence_arm(user + size, end);
    return true;
}

/* guard_is_intact - true if both fences of a block are whole. */
static ALWAYS_INLINE bool
guard_is_intact(const struct slot *slot, uintptr_t user, size_t size)
{
    if (UNLIKELY(slot->span->is_guarded))
        return guard_is_alone_intact(slot, user, size);
    return fence_is_intact(user + size, slot->end) &&
           fence_is_intact(slot->start - heap_layout.lead, user);
}

#endif
