/*
 * heap/pagemap.h - from any address to its span, in two loads.
 *
 * A radix tree of two levels over units of 64 KiB: the root (in .bss) has one
 * entry per 2^34 bytes, a leaf one pointer per unit. Leaves are mapped when
 * first needed and never freed. Readers take no lock.
 */
#ifndef HEAP_PAGEMAP_H
#define HEAP_PAGEMAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/sizeclass.h"
#include "os/arch/arch.h"

struct span;

#define PAGEMAP_LEAF_BITS 18
#define PAGEMAP_LEAF_SHIFT (SIZECLASS_UNIT_LOG2 + PAGEMAP_LEAF_BITS)
#define PAGEMAP_ROOT_COUNT ((size_t)1 << (ARCH_ADDR_BITS - PAGEMAP_LEAF_SHIFT))

typedef _Atomic(struct span *) pagemap_entry;

/* An entry goes from NULL to its leaf once, by compare-and-swap. */
extern HIDDEN _Atomic(pagemap_entry *) pagemap_root[PAGEMAP_ROOT_COUNT];

/* pagemap_find - the span that `addr` lies in, or NULL.
 * Thread: any.   Signal: yes.   Cost: O(1). */
static ALWAYS_INLINE struct span *
pagemap_find(uintptr_t addr)
{
    pagemap_entry *leaf;

    if (UNLIKELY(addr >> ARCH_ADDR_BITS != 0))
        return NULL;
    leaf = atomic_load_explicit(&pagemap_root[addr >> PAGEMAP_LEAF_SHIFT],
                                memory_order_acquire);
    if (UNLIKELY(leaf == NULL))
        return NULL;
    return atomic_load_explicit(
        &leaf[(addr >> SIZECLASS_UNIT_LOG2) &
              (((size_t)1 << PAGEMAP_LEAF_BITS) - 1)],
        memory_order_acquire);
}

/*
 * pagemap_set - let the `units` units from `start` (a multiple of a unit) lead
 * to `span`.
 *
 * Returns 0, or -ENOMEM where a leaf cannot be mapped (nothing is set then).
 * Thread: any.   Signal: yes.
 */
int MUST_CHECK pagemap_set(uintptr_t start, size_t units, struct span *span);

/* pagemap_clear - let these units lead to nothing. Cannot fail. */
void pagemap_clear(uintptr_t start, size_t units);

#endif
