/*
 * heap/span.h - a span: a run of units cut into slots of one size class, or
 * holding one block.
 *
 * Descriptors are type-stable (never freed, only reused), so a stale pointer
 * to one still points to one.
 *
 * Kinds. SLOTS: many slots of a class. RUN: one block over 32 KiB, from an
 * arena. LARGE: one block over 1 MiB in a mapping of its own, a guard page
 * after it. A RUN or LARGE span is its own only slot, and its record lies in
 * the descriptor.
 *
 * Who writes what. A span belongs to one thread cache (`owner`), which alone
 * touches `free_head`, `carved`, `used` and the list node. Other threads give
 * slots back by pushing them on `remote`, a list in `next` that only grows at
 * its head and is only taken whole. The push that finds it empty also pushes
 * the span on the owner's `pending` list, and the owner takes `remote` only
 * after it took the span from there: so a span is in `pending` at most once,
 * and `pending_next` has one writer.
 *
 * Source: the remote list is Leijen, Zorn, de Moura: Mimalloc: Free List
 * Sharding in Action, APLAS 2019; taking the whole list avoids ABA (Treiber,
 * 1986).
 */
#ifndef HEAP_SPAN_H
#define HEAP_SPAN_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"
#include "heap/record.h"
#include "heap/sizeclass.h"

struct tcache;

#define SPAN_NONE 0xffffu /* no slot index */

enum span_kind { SPAN_UNUSED, SPAN_SLOTS, SPAN_RUN, SPAN_LARGE };

struct span {
    /* Set when the span is opened. */
    uintptr_t base; /* the first slot */
    uint64_t reciprocal;
    uint16_t *next;         /* SLOTS: free lists, an index per slot */
    struct record *records; /* one per slot, or NULL where none are kept; the
                               histories end where they begin */
    struct tcache *owner;   /* RUN, LARGE: who allocated it last */
    uint32_t slot_size;     /* SLOTS: bytes */
    uint16_t capacity;      /* SLOTS: slots; RUN, LARGE: 1 */
    uint8_t kind;           /* enum span_kind */
    uint8_t class;          /* SLOTS */

    /* The owner's. */
    uint16_t free_head; /* the first free slot that was used before */
    uint16_t carved;    /* slots handed out at least once: 0..carved-1 */
    uint16_t used;      /* slots not free, as far as the owner knows */
    uint16_t settle_at; /* a free that brings `used` to this is a case for
                                tcache_settle: see SPAN_* below */
    bool is_zero;       /* slots not carved yet read as zero */
    uint32_t scan_base; /* leak's: its number of the first slot; written
                                under the arena's lock */

    /* Anybody's. */
    CACHE_ALIGNED
    _Atomic uint32_t remote; /* head index | count << 16 */
    _Atomic uint8_t
        deferred; /* RUN, LARGE: waits in pending to be given back */
    struct span *pending_next;

    struct list_node link;  /* SLOTS: the owner's partial list; RUN: its run
                                cache; LARGE: the arena's list */
    uintptr_t start;        /* first unit */
    size_t bytes;           /* of address space, units and guard included */
    size_t block_size;      /* RUN, LARGE: bytes requested */
    size_t accessible;   /* LARGE, guarded: bytes from start to the end of
                            what can be touched */
    size_t open_at;      /* guarded: bytes from start to where that begins */
    bool is_guarded;     /* RUN: see guarded.h */
    uint8_t way;         /* guarded: enum shield_way of its pages */
    uint8_t arena;          /* index of the arena that made it */
    bool is_emergency;      /* made without a lock: see arena_take_emergency */
    uint8_t shield;         /* enum shield_way: how its pages are closed.
                                Written under the arena's lock, by whoever has
                                the block; SLOTS: by who freed the last one */
    _Atomic uint32_t spent; /* SLOTS: blocks freed and never given back */
    struct span *emergency_next;
    struct history history; /* RUN, LARGE; right before the record */
    struct record record;
};

static_assert(offsetof(struct span, record) ==
                  offsetof(struct span, history) + sizeof(struct history),
              "histories end where records begin");

#define SPAN_REMOTE_EMPTY SPAN_NONE

/* settle_at by what the span is to its cache. CURRENT: nothing ever happens.
 * PARTIAL (in the list): the last block goes. FULL (in no list, no slot free,
 * `used` equals capacity): the first block goes. */
#define SPAN_SETTLE_CURRENT 0xffffu
#define SPAN_SETTLE_PARTIAL 0u
#define SPAN_SETTLE_FULL(span) ((uint16_t)((span)->capacity - 1))

/* span_index - the index of the slot that `addr` (not under base) lies in;
 * not under capacity if it lies past the last. */
static ALWAYS_INLINE uint32_t
span_index(const struct span *span, uintptr_t addr)
{
    return (uint32_t)(((addr - span->base) * span->reciprocal) >> 40);
}

/* span_slot - the first byte of slot `index`. */
static ALWAYS_INLINE uintptr_t
span_slot(const struct span *span, uint32_t index)
{
    return span->base + (uintptr_t)index * span->slot_size;
}

/* span_history - the history of slot `index`, where records are kept. */
static ALWAYS_INLINE struct history *
span_history(const struct span *span, uint32_t index)
{
    return (struct history *)(void *)span->records - span->capacity + index;
}

/* span_pop - take `index`, which is free_head, off the free list.
 * Thread: owner. */
static ALWAYS_INLINE void
span_pop(struct span *span, uint32_t index)
{
    span->free_head = span->next[index];
    span->used++;
}

/* span_push - put `index` on the free list. tcache_settle may be due after it.
 * Thread: owner. */
static ALWAYS_INLINE void
span_push(struct span *span, uint32_t index)
{
    span->next[index] = span->free_head;
    span->free_head = (uint16_t)index;
    span->used--;
}

#endif
