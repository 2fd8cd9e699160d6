/*
 * heap/arena.h - an arena: reserved address space cut into units, and the
 * spans made of them, behind one lock.
 *
 * An arena reserves address space in zones (1 GiB each where the limits allow
 * it, halved until the kernel agrees), makes it accessible a step at a time,
 * and finds free units first-fit by bitmap, so that live spans stay close
 * together. Units given back stay dirty until there are many, then their
 * memory returns to the kernel in one sweep.
 *
 * Nested calls (a signal handler that interrupted this thread anywhere in the
 * allocator) never wait for an arena's lock: they try it, and where it is held
 * they make an emergency span, straight from the kernel.
 *
 * Locks: arena->lock, rank HEAP; arenas are locked in the order of their
 * indices.
 */
#ifndef HEAP_ARENA_H
#define HEAP_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"
#include "heap/span.h"
#include "meta/meta.h"
#include "meta/pool.h"
#include "meta/region.h"
#include "os/lock.h"

#define ARENA_COUNT 4

/* One reservation. All members under the arena's lock. */
struct arena_zone {
    struct arena_zone *next;
    uintptr_t start;
    size_t units;
    size_t committed; /* units from start that are accessible */
    size_t huge;     /* of these, the first that prefers large pages; 0: none */
    bool is_apart;   /* of guarded spans */
    bool is_small;   /* some of its pages were closed: no more large ones */
    size_t hint;     /* no free unit is under this one */
    uint64_t *used;  /* bitmaps, a bit per unit */
    uint64_t *dirty; /* free, but may hold what a span left */
};

/* Guarded spans of up to so many units wait for the next block; larger ones,
 * of which few are alike, only stay closed for a while. */
#define ARENA_GUARDED_UNITS 4

/* Large spans that ended and are kept for the next blocks. */
#define ARENA_KEPT 16

struct arena {
    struct lock lock;
    struct arena_zone *zones; /* newest last */
    struct region region;     /* zones, bitmaps, side arrays */
    struct pool spans;        /* descriptors */
    /* Side arrays of spans that ended: with their pages, and without. */
    void *arrays[SIZECLASS_COUNT];
    void *blank_arrays[SIZECLASS_COUNT];
    size_t arrays_kept; /* bytes of those with their pages */
    size_t used_units;
    size_t dirty_units;
    struct span *kept[ARENA_KEPT]; /* oldest first */
    unsigned kept_count;
    size_t kept_bytes; /* accessible bytes of the kept spans */
    struct list_node guarded[ARENA_GUARDED_UNITS + 1]; /* that wait, by units */
    unsigned guarded_count[ARENA_GUARDED_UNITS + 1];
    size_t guarded_bytes;   /* of guarded[0]: address space */
    struct list_node large; /* all large spans, kept ones too */
    /* Written under the lock, read by anyone for statistics. */
    _Atomic uint64_t reserved;    /* bytes of address space */
    _Atomic uint64_t committed;   /* bytes of spans that are open */
    _Atomic uint64_t array_bytes; /* bytes of side arrays in use */
    struct meta_range known;      /* of inspect.h: has descriptors */
    uint8_t index;
    bool is_lost; /* never entered again: heap_copied */
};

extern HIDDEN struct arena arena_all[ARENA_COUNT];

/* arena_start - set up the arenas; called once. */
void arena_start(void);

/*
 * arena_enter - take the arena's lock, or with `nested` only try to.
 * Returns false if it was not taken, as that of a lost arena never is.
 */
bool MUST_CHECK arena_enter(struct arena *arena, bool nested);
void arena_leave(struct arena *arena);

/*
 * arena_take_units - `units` adjacent free units, accessible.
 *
 * is_apart: of a zone that is apart, or the other way round, as long as there
 * is address space for one; *out_is_zero: their memory reads as zero.
 * Returns the address, or 0 where the kernel refuses.   Locks: held.
 */
uintptr_t arena_take_units(struct arena *arena, size_t units, bool is_apart,
                           bool *out_is_zero);

/* arena_tell_closed - pages of the zone at `addr` were closed: what large pages
 * it has are split, and what is opened again the kernel must fill. So it asks
 * for no more of them.   Locks: held. */
void arena_tell_closed(struct arena *arena, uintptr_t addr);

/* arena_give_units - take back units of this arena.   Locks: held. */
void arena_give_units(struct arena *arena, uintptr_t start, size_t units);

/* arena_purge - give the memory of all dirty units and kept spans back to
 * the kernel; true if there was any.   Locks: held. */
bool arena_purge(struct arena *arena);

/* arena_open_slots - a span of a size class, owned by `owner`, or NULL.
 * Locks: held. */
struct span *arena_open_slots(struct arena *arena, unsigned class,
                              struct tcache *owner);

/* arena_open_run - a span of `units` units for one block, or NULL. *out_is_zero
 * as for arena_take_units.   Locks: held. */
struct span *arena_open_run(struct arena *arena, size_t units,
                            struct tcache *owner, bool *out_is_zero);

/* arena_close - end a SLOTS or RUN span of this arena.   Locks: held. */
void arena_close(struct arena *arena, struct span *span);

/* arena_take_span - a zeroed descriptor.   Locks: held. */
struct span *arena_take_span(struct arena *arena);

/*
 * arena_open_emergency - a span of one block of `bytes` (a multiple of a
 * unit) without taking any lock; it is a RUN whose memory and descriptor come
 * straight from the kernel. Ended by arena_close_emergency.   Signal: yes.
 */
struct span *arena_open_emergency(size_t bytes, struct tcache *owner);
void arena_close_emergency(struct span *span);

/* arena_emergencies - the newest emergency span ever made; the others by
 * emergency_next. Closed ones have kind SPAN_UNUSED. */
struct span *arena_emergencies(void);

/* arena_owns - true if `addr` lies in address space that an arena reserved,
 * whether a span is there now or not. */
bool arena_owns(uintptr_t addr);

#endif
