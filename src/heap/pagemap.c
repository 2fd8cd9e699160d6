/*
 * heap/pagemap.c - making leaves and setting entries.
 */
#include "heap/pagemap.h"

#include <errno.h>

#include "meta/region.h"

_Atomic(pagemap_entry *) pagemap_root[PAGEMAP_ROOT_COUNT];

static pagemap_entry *
leaf_make(size_t root_index)
{
    const size_t bytes = sizeof(pagemap_entry) << PAGEMAP_LEAF_BITS;
    pagemap_entry *leaf = atomic_load(&pagemap_root[root_index]);
    pagemap_entry *fresh;

    if (leaf != NULL)
        return leaf;
    fresh = meta_map(bytes);
    if (fresh == NULL)
        return NULL;
    if (atomic_compare_exchange_strong(&pagemap_root[root_index], &leaf, fresh))
        return fresh;
    meta_unmap(fresh, bytes);
    return leaf;
}

static void
set_entries(uintptr_t start, size_t units, struct span *span)
{
    uintptr_t end = start + units * SIZECLASS_UNIT;

    for (uintptr_t addr = start; addr < end; addr += SIZECLASS_UNIT) {
        pagemap_entry *leaf =
            atomic_load(&pagemap_root[addr >> PAGEMAP_LEAF_SHIFT]);

        if (leaf != NULL)
            atomic_store_explicit(&leaf[(addr >> SIZECLASS_UNIT_LOG2) &
                                        (((size_t)1 << PAGEMAP_LEAF_BITS) - 1)],
                                  span, memory_order_release);
    }
}

int
pagemap_set(uintptr_t start, size_t units, struct span *span)
{
    uintptr_t last = start + units * SIZECLASS_UNIT - 1;

    for (size_t i = start >> PAGEMAP_LEAF_SHIFT;
         i <= last >> PAGEMAP_LEAF_SHIFT; i++) {
        if (i >= PAGEMAP_ROOT_COUNT || leaf_make(i) == NULL)
            return -ENOMEM;
    }
    set_entries(start, units, span);
    return 0;
}

void
pagemap_clear(uintptr_t start, size_t units)
{
    set_entries(start, units, NULL);
}
