/*
 * meta/meta.c - the pages of everything in meta/, counted.
 *
 * Sizes are rounded to OS pages here, the same way each time, so that what is
 * given back is what was counted.
 */
#include "meta/meta.h"

#include <stdatomic.h>

#include "base/bits.h"
#include "os/page.h"

/* Bytes mapped by meta/ now. Atomic. */
static _Atomic uint64_t mapped_bytes;

/*
 * Which ranges they are. A range takes an item by compare-and-swap of `start`
 * and gives it back by storing 0; no lock, for a mapping may be made anywhere.
 * The first block is our own, others come from the kernel and stay.
 */
#define RANGE_COUNT 1024
#define RANGE_BUSY ((uintptr_t)1) /* taken, its size not yet written */

struct range {
    _Atomic uintptr_t start; /* 0: unused */
    _Atomic size_t size;
};

struct range_block {
    struct range items[RANGE_COUNT];
    _Atomic uint32_t top; /* items from here on were never used */
    _Atomic(struct range_block *) next;
};

/* Atomic members. */
static struct range_block first_block;

static bool
try_range(struct range *range, uintptr_t start, size_t size)
{
    uintptr_t none = 0;

    if (!atomic_compare_exchange_strong(&range->start, &none, RANGE_BUSY))
        return false;
    atomic_store(&range->size, size);
    atomic_store(&range->start, start);
    return true;
}

static bool
insert_in_block(struct range_block *block, uintptr_t start, size_t size)
{
    while (atomic_load(&block->top) < RANGE_COUNT) {
        uint32_t i = atomic_fetch_add(&block->top, 1);

        if (i < RANGE_COUNT && try_range(&block->items[i], start, size))
            return true;
    }
    for (uint32_t i = 0; i < RANGE_COUNT; i++) {
        if (atomic_load_explicit(&block->items[i].start,
                                 memory_order_relaxed) == 0 &&
            try_range(&block->items[i], start, size))
            return true;
    }
    return false;
}

static struct range_block *
next_block(struct range_block *block)
{
    struct range_block *next = atomic_load(&block->next);
    struct range_block *fresh;

    if (next != NULL)
        return next;
    fresh = page_map(bits_align_up(sizeof(*fresh), page_size()));
    if (fresh == NULL)
        return NULL;
    if (atomic_compare_exchange_strong(&block->next, &next, fresh))
        return fresh;
    page_unmap(fresh, bits_align_up(sizeof(*fresh), page_size()));
    return next;
}

/* Where no item is to be had, a scan takes the range for the program's. */
static void
range_insert(const void *p, size_t size)
{
    struct range_block *block = &first_block;

    while (block != NULL && !insert_in_block(block, (uintptr_t)p, size))
        block = next_block(block);
}

static void
range_remove(const void *p)
{
    for (struct range_block *block = &first_block; block != NULL;
         block = atomic_load(&block->next)) {
        for (uint32_t i = 0; i < RANGE_COUNT; i++) {
            if (atomic_load_explicit(&block->items[i].start,
                                     memory_order_relaxed) == (uintptr_t)p) {
                atomic_store(&block->items[i].start, 0);
                return;
            }
        }
    }
}

void
meta_each(bool (*visit)(uintptr_t start, uintptr_t end, void *context),
          void *context)
{
    for (struct range_block *block = &first_block; block != NULL;
         block = atomic_load(&block->next)) {
        for (uint32_t i = 0; i < RANGE_COUNT; i++) {
            uintptr_t start = atomic_load(&block->items[i].start);

            if (start > RANGE_BUSY &&
                !visit(start, start + atomic_load(&block->items[i].size),
                       context))
                return;
        }
    }
}

struct owner_search {
    uintptr_t addr;
    struct meta_range *known;
};

static bool
visit_owner(uintptr_t start, uintptr_t end, void *context)
{
    struct owner_search *search = context;

    if (search->addr < start || search->addr >= end)
        return true;
    search->known->start = start;
    search->known->end = end;
    return false;
}

bool
meta_owns(uintptr_t addr, size_t n, struct meta_range *known)
{
    struct owner_search search = {addr, known};

    if (addr < known->start || addr >= known->end)
        meta_each(visit_owner, &search);
    return addr >= known->start && addr < known->end && n <= known->end - addr;
}

uint64_t
meta_bytes(void)
{
    return atomic_load_explicit(&mapped_bytes, memory_order_relaxed);
}

static void
count_bytes(size_t size)
{
    (void)atomic_fetch_add_explicit(&mapped_bytes, size, memory_order_relaxed);
}

static void
uncount_bytes(size_t size)
{
    (void)atomic_fetch_sub_explicit(&mapped_bytes, size, memory_order_relaxed);
}

void *
meta_map(size_t size)
{
    void *p;

    if (size == 0 || !bits_try_align_up(size, page_size(), &size))
        return NULL;
    /* Whoever wants large pages can have them. */
    if (size >= PAGE_HUGE)
        p = page_map_aligned(size, PAGE_HUGE, true);
    else
        p = page_map(size);
    if (p == NULL)
        return NULL;
    page_exclude_from_dump(p, size);
    range_insert(p, size);
    count_bytes(size);
    return p;
}

void
meta_unmap(void *p, size_t size)
{
    size = bits_align_up(size, page_size());
    range_remove(p); /* first: the kernel may give the address anew */
    page_unmap(p, size);
    uncount_bytes(size);
}

/* The kernel keeps the wish to leave the pages out of core dumps. */
void *
meta_remap(void *p, size_t old_size, size_t new_size)
{
    void *moved;

    old_size = bits_align_up(old_size, page_size());
    if (new_size == 0 || !bits_try_align_up(new_size, page_size(), &new_size))
        return NULL;
    moved = page_remap(p, old_size, new_size, true);
    if (moved == NULL)
        return NULL;
    range_remove(p);
    range_insert(moved, new_size);
    count_bytes(new_size);
    uncount_bytes(old_size);
    return moved;
}
