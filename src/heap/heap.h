/*
 * heap/heap.h - the door of heap: raw memory for the program.
 *
 * Purpose: slots of memory and a record for each, from arenas of our own. The
 * heap knows nothing of stacks, fences or findings; it hands out memory and
 * finds, for any address, the slot it lies in.
 *
 * Owns: arenas (arena.h), spans (span.h), the page map (pagemap.h), thread
 * caches (tcache.h), large blocks (large.h). Everything it knows lies out of
 * band; it never reads program memory to decide anything.
 *
 * Invariants: an address leads to at most one span; a slot is either with the
 * program, in one free list, or not carved yet; a span has one owner.
 *
 * Locks: each arena's (rank HEAP), on slow paths only: taking a slot from and
 * giving it to one's own span takes none; giving to another thread's span is
 * one compare-and-swap.
 *
 * Reading order: sizeclass.h, span.h, pagemap.h, arena.h, tcache.h, large.h,
 * slot.c, shield.h, close.c, walk.c, inspect.h.
 */
#ifndef HEAP_HEAP_H
#define HEAP_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "heap/pagemap.h"
#include "heap/record.h"
#include "heap/sizeclass.h"
#include "heap/span.h"
#include "heap/tcache.h"

struct slot;

/* How slots are laid out; written once by heap_start. */
struct heap_layout {
    bool records; /* every slot has a record */
    size_t lead;  /* bytes before the first slot of a span, a multiple of 16 */
    size_t tail;  /* bytes that each block has after it at least */
    bool shuffle; /* slots are taken in random order; needs records */
    uint64_t seed; /* of that order */
    /* shuffle: called for each slot that is carved but not handed out yet,
     * which then counts as used before. It must not allocate. */
    void (*carved)(const struct slot *slot);
};

extern HIDDEN struct heap_layout heap_layout;

/* One slot, as heap_alloc made or heap_find found it. */
struct slot {
    struct span *span;
    struct record *record; /* NULL where none are kept */
    uintptr_t start;       /* first byte */
    uintptr_t end;         /* one past the last */
    uint32_t index;        /* in the span */
    bool is_fresh;         /* never handed out before */
    bool is_zero;          /* [user, end) reads as zero */
};

/* What log-admin tells of. */
enum heap_event {
    HEAP_EVENT_ZONE,
    HEAP_EVENT_OPEN,
    HEAP_EVENT_CLOSE,
    HEAP_EVENT_LARGE_OPEN,
    HEAP_EVENT_LARGE_CLOSE
};

/*
 * heap_set_event_hook - `hook` is called for each of these, with the arena's
 * lock held: it must not allocate from the heap. slot_size: bytes, 0 where
 * there is one block.   Thread: one at a time, at start.
 */
void heap_set_event_hook(void (*hook)(enum heap_event event, uintptr_t start,
                                      size_t bytes, uint32_t slot_size));

/* heap_tell_event - call the hook, if there is one. For the heap itself. */
void heap_tell_event(enum heap_event event, uintptr_t start, size_t bytes,
                     uint32_t slot_size);

/*
 * heap_set_closing_hook - `hook` is called with each span of slots whose last
 * block was freed, before its memory is given back, by the thread that has
 * `tcache`. It must not allocate from the heap.   Thread: one at a time, at
 * start.
 */
void heap_set_closing_hook(void (*hook)(struct tcache *tcache,
                                        struct span *span));

/* heap_tell_closing - call the hook, if there is one. For the heap itself. */
void heap_tell_closing(struct tcache *tcache, struct span *span);

/* heap_start - set the layout and the tables. Called once. */
void heap_start(const struct heap_layout *layout);

/*
 * heap_alloc - a slot for a block of `size` bytes, `layout.tail` included.
 *
 * size:  bytes, > 0, at most PTRDIFF_MAX.
 * align: a power of two; 16 or less is the default.
 * *out_user: the user address: aligned, in the slot, with `size` bytes to the
 *            slot's end at least.
 * Returns true, or false where the kernel refuses memory.
 *
 * Thread: owner of `tcache`.   Signal: on a nested cache.   Locks: heap, on
 * the slow path.
 * Source: ours; the shape is Leijen et al., Mimalloc, APLAS 2019.
 */
bool MUST_CHECK heap_alloc(struct tcache *tcache, size_t size, size_t align,
                           struct slot *out_slot, uintptr_t *out_user);

/* Guarded blocks over this have a mapping of their own, with a closed page
 * somewhere after them. */
#define HEAP_GUARDED_MOST ((size_t)256 << 20)

/*
 * heap_alloc_guarded - a block of `size` bytes, which may be 0, between
 * closed pages; it is all of its slot that can be touched but what its place
 * leaves over. The tail is not included.
 *
 * align: a power of two, up to a unit; 1 puts the block at the edge whatever
 *        its size, a larger one leaves up to align - 1 bytes of slack.
 * below: its start is at the edge, else its end.
 * Returns false where it cannot be had (size, alignment, memory, mappings).
 * It is given back by heap_free, and is not resized in place.
 */
bool MUST_CHECK heap_alloc_guarded(struct tcache *tcache, size_t size,
                                   size_t align, bool below,
                                   struct slot *out_slot, uintptr_t *out_user);

/* heap_front - where the bytes before a block that is alone in its span, or
 * the lead of a span of slots, begin. */
static inline uintptr_t
heap_front(const struct span *span)
{
    return span->is_guarded ? span->start + span->open_at
                            : span->base - heap_layout.lead;
}

/* heap_free - give a slot back. The caller made sure that it was with the
 * program (by the record's state, where there are records). */
static ALWAYS_INLINE void
heap_free(struct tcache *tcache, const struct slot *slot)
{
    if (LIKELY(slot->span->kind == SPAN_SLOTS))
        tcache_give(tcache, slot->span, slot->index);
    else
        tcache_give_run(tcache, slot->span);
}

/*
 * heap_shield - close the pages of a RUN or LARGE span's block, which was
 * freed and is kept from reuse: any touch faults, and its memory goes back to
 * the kernel.
 *
 * Returns false where that cannot be, and nothing is changed. The walks pass
 * over a block that is not live, and wait for those that look at it now.
 * Thread: who freed the block.   Signal: on a nested cache.   Locks: heap.
 */
bool MUST_CHECK heap_shield(struct tcache *tcache, const struct slot *slot);

/* heap_unshield - open them again, before heap_free; false where the kernel
 * refuses: the span is to be left alone for ever. */
bool MUST_CHECK heap_unshield(const struct slot *slot);

/*
 * heap_spend - leave a slot of a SLOTS span unused for ever: in place of
 * heap_free.
 *
 * Returns true if it was the last one of its span, which heap_close_spent may
 * close now.   Thread: any.   Signal: yes.   Locks: none.
 */
bool MUST_CHECK heap_spend(const struct slot *slot);

/* heap_close_spent - close the pages of a span whose slots are all spent.
 * Where that cannot be, they stay as they are.   Locks: heap. */
void heap_close_spent(struct tcache *tcache, struct span *span);

/* heap_is_closed - true if the slot's pages are closed. */
static inline bool
heap_is_closed(const struct slot *slot)
{
    return __atomic_load_n(&slot->span->shield, __ATOMIC_ACQUIRE) != 0;
}

/* heap_slot_in - slot `index` of a SLOTS span. */
static ALWAYS_INLINE void
heap_slot_in(struct span *span, uint32_t index, struct slot *out_slot)
{
    out_slot->span = span;
    out_slot->index = index;
    out_slot->is_fresh = false;
    out_slot->is_zero = false;
    out_slot->start = span_slot(span, index);
    out_slot->end = out_slot->start + span->slot_size;
    out_slot->record = span->records != NULL ? &span->records[index] : NULL;
}

/* heap_slot_alone - the only slot of a RUN or LARGE span. */
void heap_slot_alone(struct span *span, struct slot *out_slot);

/* heap_slot_at - the slot `index` of a SLOTS span, or the only one. */
static inline void
heap_slot_at(struct span *span, uint32_t index, struct slot *out_slot)
{
    if (LIKELY(span->kind == SPAN_SLOTS))
        heap_slot_in(span, index, out_slot);
    else
        heap_slot_alone(span, out_slot);
}

/* heap_find_single - heap_find where the span is not one of slots. */
bool heap_find_single(struct span *span, struct slot *out_slot);

/*
 * heap_find - the slot that `addr` lies in.
 *
 * Returns false if it is in no span, in slack past the last slot, or in a slot
 * that was never handed out. The bytes before the first slot of a span belong
 * to that.
 * Thread: any.   Signal: yes.   Cost: O(1).
 */
static ALWAYS_INLINE bool
heap_find(uintptr_t addr, struct slot *out_slot)
{
    struct span *span = pagemap_find(addr);
    uint32_t index;

    if (UNLIKELY(span == NULL))
        return false;
    if (UNLIKELY(__atomic_load_n(&span->kind, __ATOMIC_ACQUIRE) != SPAN_SLOTS))
        return heap_find_single(span, out_slot);
    index = LIKELY(addr >= span->base) ? span_index(span, addr) : 0;
    if (UNLIKELY(index >= span->carved))
        return false;
    heap_slot_in(span, index, out_slot);
    return true;
}

/* heap_history - the history of a slot that has a record. */
static ALWAYS_INLINE struct history *
heap_history(const struct slot *slot)
{
    return span_history(slot->span, slot->index);
}

/* heap_block_size - bytes requested of the slot's block; for a plain heap's
 * SLOTS the slot's size. */
static ALWAYS_INLINE size_t
heap_block_size(const struct slot *slot)
{
    if (UNLIKELY(slot->span->kind != SPAN_SLOTS))
        return slot->span->block_size;
    return slot->record != NULL ? slot->record->size : slot->span->slot_size;
}

/* heap_set_block_size - change it. */
static inline void
heap_set_block_size(const struct slot *slot, size_t size)
{
    if (slot->span->kind != SPAN_SLOTS)
        slot->span->block_size = size;
    if (slot->record != NULL)
        slot->record->size = (uint32_t)size;
}

/*
 * heap_resize - make room for `size` bytes (tail included) at `user`, in place
 * or, for a large block, by moving its pages.
 *
 * Returns true and the slot and user address as they are then; false with
 * nothing changed where the block must be copied.
 */
bool MUST_CHECK heap_resize(struct tcache *tcache, struct slot *slot,
                            size_t size, uintptr_t *user);

/* heap_was_used - true if `addr` lies in address space of an arena in which no
 * span is open now. */
bool heap_was_used(uintptr_t addr);

/*
 * heap_walk - call `visit` for each slot that was ever handed out and whose
 * span is open, until it returns false. Arena locks are held meanwhile: the
 * visitor must not allocate from the heap.   Signal: no.   Locks: heap.
 */
void heap_walk(bool (*visit)(const struct slot *, void *), void *context);

/* heap_each_span - call `visit` for each open span, until it returns false. As
 * heap_walk. */
void heap_each_span(bool (*visit)(struct span *, void *), void *context);

/* heap_each_range - call `visit` for each range of address space [start, end)
 * that the heap has, in use or not, until it returns false.   Signal: no.
 * Locks: heap. */
void heap_each_range(bool (*visit)(uintptr_t start, uintptr_t end, void *),
                     void *context);

/* Where a walk in pieces stands; zeroed is the beginning. */
struct heap_cursor {
    unsigned arena;
    uint32_t zone;  /* in the arena's list */
    uint32_t index; /* slot of the span at `unit` */
    size_t unit;    /* of the zone */
};

/*
 * heap_walk_some - visit the next slots, `most` or a few more, and move the
 * cursor on; after the last slot it returns to the beginning.
 *
 * Does nothing where the arena's lock is not to be had at once.
 * Returns false if the end was reached.   Signal: yes.   Locks: heap, tried.
 */
bool heap_walk_some(struct heap_cursor *cursor, uint32_t most,
                    bool (*visit)(const struct slot *, void *), void *context);

/* heap_trim - give all idle memory back to the kernel; true if there was
 * any.   Signal: no.   Locks: heap. */
bool heap_trim(void);

struct heap_stats {
    uint64_t reserved;  /* bytes of address space */
    uint64_t committed; /* bytes of open spans */
    uint64_t arrays;    /* bytes of records and free lists */
};

void heap_stats(struct heap_stats *out_stats);

/* heap_in_use - bytes of slots that are with the program: what a heap without
 * records knows of live memory.   Signal: no.   Locks: heap. */
uint64_t heap_in_use(void);

/* heap_audit - check the heap's own invariants; the number of the broken ones.
 * Only while no other thread runs (or frozen). */
unsigned heap_audit(void);

/* What is wrong in the heap's own memory. */
struct heap_flaw {
    uintptr_t at;     /* the word that does not hold what the heap wrote */
    const char *what; /* "the first slot of a span", ... */
    uint64_t value;   /* what it holds */
};

/*
 * heap_inspect - call `visit` for each flaw in the page map, the spans and, of
 * the spans of the cache `own` (NULL: of none), the free lists; these are
 * emptied then, so that no slot is given out twice. Walks pass over a span
 * with a flaw. The visitor must not allocate from the heap.
 *
 * Other threads go on meanwhile.   Thread: owner of `own`.   Signal: no.
 * Locks: heap.
 */
void heap_inspect(const struct tcache *own,
                  void (*visit)(const struct heap_flaw *, void *),
                  void *context);

/* heap_record_flaw - what is wrong with the slot's record, if anything: true,
 * and *out_flaw set. `record` is a copy of it, of one moment. */
bool heap_record_flaw(const struct slot *slot, const struct record *record,
                      struct heap_flaw *out_flaw);

/* heap_is_entered - the calling thread holds one of the heap's locks, and may
 * not walk. */
bool heap_is_entered(void);

/* freeze, thaw, child: take, give, reset every lock of the heap. */
void heap_freeze(void);
void heap_thaw(void);
void heap_child(void);

/* heap_copied - in a child that was made without freezing (_Fork, clone): an
 * arena that another thread was changing at that moment is left alone from now
 * on. Only while the child has one thread. */
void heap_copied(void);

#endif
