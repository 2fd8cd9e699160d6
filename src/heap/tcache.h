/*
 * heap/tcache.h - a thread cache: the spans one thread allocates from.
 *
 * For each class there is a current span, from which slots are taken, and a
 * list of partial spans, to which spans that were full return when a slot of
 * theirs is freed. A taken slot comes from the span's free list or, if that is
 * empty, is carved from its untouched end.
 *
 * A cache is used by one thread at a time, which holds `claimed`. Caches are
 * never freed: when a thread ends, its cache waits, spans and all, for the next
 * one. Frees by other threads go on meanwhile; one that finds the cache
 * unclaimed takes it for a moment and drains it, so memory that a dead thread
 * left does not pile up.
 *
 * The members are written by the holder alone, except `pending` (any thread,
 * compare-and-swap) and `claimed`.
 */
#ifndef HEAP_TCACHE_H
#define HEAP_TCACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/list.h"
#include "heap/sizeclass.h"
#include "heap/span.h"

/* RUN spans up to this many units are kept by the thread that frees them. */
#define TCACHE_RUN_UNITS 17
#define TCACHE_RUN_BYTES_MOST ((size_t)2 << 20)

struct tcache {
    struct span *current[SIZECLASS_COUNT];       /* never NULL */
    struct list_node partial[SIZECLASS_COUNT];
    struct list_node runs[TCACHE_RUN_UNITS + 1]; /* by units */
    size_t run_bytes;                            /* in runs */
    uint8_t arena;                               /* where its spans come from */
    bool is_nested;                              /* never wait for a lock */
    uint64_t random; /* shuffle: the generator's state; 0: none yet */

    CACHE_ALIGNED
    _Atomic(struct span *) pending; /* spans with remote frees */
    _Atomic uint32_t claimed;       /* 1: somebody uses the cache */
};

/* tcache_init - make zeroed memory a cache with no spans, claimed. */
void tcache_init(struct tcache *tcache, unsigned arena);

/* tcache_try_claim, tcache_release - use a cache that nobody uses, and stop.
 * Thread: any.   Signal: yes. */
bool MUST_CHECK tcache_try_claim(struct tcache *tcache);
void tcache_release(struct tcache *tcache);

/*
 * tcache_refill - make a slot of `class` available: drain what others freed,
 * turn to the next partial span, or open a new one.
 *
 * Returns the current span, which has a slot, or NULL where the kernel refuses
 * memory.   Thread: owner.   Locks: heap.
 */
struct span *tcache_refill(struct tcache *tcache, unsigned class);

/* tcache_drain - take back what other threads freed. */
void tcache_drain(struct tcache *tcache);

/* tcache_trim - give spans without blocks back to the arena. */
void tcache_trim(struct tcache *tcache);

/*
 * tcache_take - a slot of `class`: its span in *out_span and its index.
 *
 * Returns SPAN_NONE where the kernel refuses. *out_fresh: carved just now.
 */
static ALWAYS_INLINE uint32_t
tcache_take(struct tcache *tcache, unsigned class, struct span **out_span,
            bool *out_fresh)
{
    struct span *span = tcache->current[class];
    uint32_t index = span->free_head;

    if (LIKELY(index != SPAN_NONE)) {
        span->free_head = span->next[index];
        *out_fresh = false;
    } else {
        if (UNLIKELY(span->carved == span->capacity)) {
            span = tcache_refill(tcache, class);
            if (UNLIKELY(span == NULL))
                return SPAN_NONE;
            index = span->free_head;
        }
        if (index != SPAN_NONE) {
            span->free_head = span->next[index];
            *out_fresh = false;
        } else {
            index = span->carved++;
            *out_fresh = true;
        }
    }
    span->used++;
    *out_span = span;
    return index;
}

/* tcache_take_random - tcache_take where the layout asks for a random order: a
 * slot of the free list, into which slots are carved many at a time.
 * Source: as Novark and Berger, DieHarder, CCS 2010, within one span. */
uint32_t tcache_take_random(struct tcache *tcache, unsigned class,
                            struct span **out_span);

/* tcache_settle - the slow part of tcache_give: `span` was full or is now
 * empty. */
void tcache_settle(struct tcache *tcache, struct span *span);

/* tcache_give_remote - give a slot of another cache's span back. */
void tcache_give_remote(struct span *span, uint32_t index);

/* tcache_give_own - give slot `index` of a SLOTS span of the cache's back. */
static ALWAYS_INLINE void
tcache_give_own(struct tcache *tcache, struct span *span, uint32_t index)
{
    span_push(span, index);
    if (UNLIKELY(span->used == span->settle_at))
        tcache_settle(tcache, span);
}

/* tcache_give - give slot `index` of a SLOTS span back. */
static ALWAYS_INLINE void
tcache_give(struct tcache *tcache, struct span *span, uint32_t index)
{
    if (UNLIKELY(span->owner != tcache)) {
        tcache_give_remote(span, index);
        return;
    }
    tcache_give_own(tcache, span, index);
}

/*
 * tcache_take_run - a RUN span of at least `units` units.
 *
 * *out_is_zero: it reads as zero. Returns NULL where the kernel refuses.
 */
struct span *tcache_take_run(struct tcache *tcache, size_t units,
                             bool *out_is_zero);

/* tcache_give_run - give a RUN or LARGE span back. */
void tcache_give_run(struct tcache *tcache, struct span *span);

#endif
