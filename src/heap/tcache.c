/*
 * heap/tcache.c - the slow paths of a thread cache.
 *
 * Draining: `pending` is a stack that only grows at its head and is taken
 * whole. For each span taken from it the remote list is taken whole too and
 * becomes, or is appended to, the span's own free list.
 */
#include "heap/tcache.h"

#include "base/hash.h"
#include "heap/arena.h"
#include "heap/guarded.h"
#include "heap/heap.h"
#include "heap/large.h"

/* The current span of a class that has none yet: it never has a slot. Never
 * written. */
static struct span no_span = {.free_head = SPAN_NONE,
                              .settle_at = SPAN_SETTLE_CURRENT};

void
tcache_init(struct tcache *tcache, unsigned arena)
{
    for (unsigned i = 0; i < SIZECLASS_COUNT; i++) {
        tcache->current[i] = &no_span;
        list_init(&tcache->partial[i]);
    }
    for (unsigned i = 0; i <= TCACHE_RUN_UNITS; i++)
        list_init(&tcache->runs[i]);
    tcache->arena = (uint8_t)(arena % ARENA_COUNT);
    atomic_store_explicit(&tcache->claimed, 1, memory_order_relaxed);
}

bool
tcache_try_claim(struct tcache *tcache)
{
    uint32_t expected = 0;

    return atomic_load_explicit(&tcache->claimed, memory_order_relaxed) == 0 &&
           atomic_compare_exchange_strong_explicit(
               &tcache->claimed, &expected, 1, memory_order_acquire,
               memory_order_relaxed);
}

void
tcache_release(struct tcache *tcache)
{
    atomic_store_explicit(&tcache->claimed, 0, memory_order_release);
}

/* ---- giving back to the arena ---- */

static bool
close_span(struct tcache *tcache, struct span *span)
{
    struct arena *arena = &arena_all[span->arena];

    if (span->kind == SPAN_SLOTS)
        heap_tell_closing(tcache, span);
    if (span->is_emergency) {
        arena_close_emergency(span);
        return true;
    }
    if (!arena_enter(arena, tcache->is_nested))
        return false;
    if (span->kind == SPAN_LARGE)
        large_close(arena, span);
    else
        arena_close(arena, span);
    arena_leave(arena);
    return true;
}

void
tcache_settle(struct tcache *tcache, struct span *span)
{
    struct list_node *list = &tcache->partial[span->class];

    if (span->settle_at != SPAN_SETTLE_PARTIAL) {
        span->settle_at = SPAN_SETTLE_PARTIAL;
        list_insert_first(list, &span->link);
    }
    /* One empty span per class stays, so that a program on the edge does not
     * open and close a span with each call. */
    if (span->used != 0 || list_first(list) == list_last(list))
        return;
    list_remove(&span->link);
    if (!close_span(tcache, span))
        list_insert_first(list, &span->link);
}

/* ---- frees by other threads ---- */

/* Put a span that has something for its owner on the owner's list. */
static void
notify_owner(struct span *span)
{
    struct tcache *owner = span->owner;

    span->pending_next =
        atomic_load_explicit(&owner->pending, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(
        &owner->pending, &span->pending_next, span, memory_order_release,
        memory_order_relaxed))
        continue;
    /* If the owner's thread is gone, nobody else would look. */
    if (UNLIKELY(tcache_try_claim(owner))) {
        bool was_nested = owner->is_nested;

        owner->is_nested = true;
        tcache_drain(owner);
        owner->is_nested = was_nested;
        tcache_release(owner);
    }
}

void
tcache_give_remote(struct span *span, uint32_t index)
{
    uint32_t old = atomic_load_explicit(&span->remote, memory_order_relaxed);
    uint32_t new;

    do {
        span->next[index] = (uint16_t)(old & 0xffffu);
        new = (old & 0xffff0000u) + 0x10000u + index;
    } while (!atomic_compare_exchange_weak_explicit(
        &span->remote, &old, new, memory_order_release, memory_order_relaxed));
    if (old >> 16 == 0)
        notify_owner(span);
}

/* Take what was pushed on the remote list of a SLOTS span. */
static void
collect_remote(struct tcache *tcache, struct span *span)
{
    uint32_t taken = atomic_exchange_explicit(
        &span->remote, SPAN_REMOTE_EMPTY, memory_order_acquire);
    uint32_t count = taken >> 16;
    uint16_t head = (uint16_t)(taken & 0xffffu);
    uint16_t tail = head;

    if (count == 0)
        return;
    if (span->free_head != SPAN_NONE) {
        for (uint32_t i = 1; i < count; i++)
            tail = span->next[tail];
        span->next[tail] = span->free_head;
    }
    span->free_head = head;
    span->used = (uint16_t)(span->used - count);
    if (span->settle_at != SPAN_SETTLE_CURRENT &&
        (span->used == 0 || span->settle_at != SPAN_SETTLE_PARTIAL))
        tcache_settle(tcache, span);
}

void
tcache_drain(struct tcache *tcache)
{
    struct span *span, *next;

    if (atomic_load_explicit(&tcache->pending, memory_order_relaxed) == NULL)
        return;
    span = atomic_exchange_explicit(&tcache->pending, NULL,
                                    memory_order_acquire);
    for (; span != NULL; span = next) {
        /* Read before the collection: after it the span may be pushed
         * again. */
        next = span->pending_next;
        if (span->kind == SPAN_SLOTS) {
            collect_remote(tcache, span);
        } else {
            atomic_store(&span->deferred, 0);
            tcache_give_run(tcache, span);
        }
    }
}

/* ---- taking ---- */

static bool
has_slot(const struct span *span)
{
    return span->free_head != SPAN_NONE || span->carved < span->capacity;
}

/*
 * Open a span of `class` or, where that is SIZECLASS_COUNT, a run of `units`,
 * in the first arena that can, beginning with the cache's own. With `purge`
 * each arena first gives its idle memory back.
 */
static struct span *
open_somewhere(struct tcache *tcache, unsigned class, size_t units, bool purge,
               bool *out_is_zero)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[(tcache->arena + i) % ARENA_COUNT];
        struct span *span;

        if (!arena_enter(arena, tcache->is_nested))
            continue;
        if (purge)
            (void)arena_purge(arena); /* what is left decides, not this */
        span = class < SIZECLASS_COUNT
                   ? arena_open_slots(arena, class, tcache)
                   : arena_open_run(arena, units, tcache, out_is_zero);
        arena_leave(arena);
        if (span != NULL)
            return span;
    }
    return NULL;
}

/* open_somewhere, and once more after everything idle was given up. */
static struct span *
open_span(struct tcache *tcache, unsigned class, size_t units,
          bool *out_is_zero)
{
    struct span *span =
        open_somewhere(tcache, class, units, false, out_is_zero);

    if (span == NULL && !tcache->is_nested) {
        tcache_trim(tcache);
        span = open_somewhere(tcache, class, units, true, out_is_zero);
    }
    return span;
}

/* Turn from the current span, which has no slot left, to `span`. */
static struct span *
change_current(struct tcache *tcache, unsigned class, struct span *span)
{
    struct span *old = tcache->current[class];

    if (old != &no_span)
        old->settle_at = SPAN_SETTLE_FULL(old);
    span->settle_at = SPAN_SETTLE_CURRENT;
    tcache->current[class] = span;
    return span;
}

struct span *
tcache_refill(struct tcache *tcache, unsigned class)
{
    struct list_node *node;
    struct span *span;
    bool is_zero;

    tcache_drain(tcache);
    span = tcache->current[class];
    if (has_slot(span))
        return span;
    node = list_first(&tcache->partial[class]);
    if (node != NULL) {
        list_remove(node);
        span = LIST_ITEM(node, struct span, link);
    } else {
        span = open_span(tcache, class, 0, &is_zero);
    }
    return span == NULL ? NULL : change_current(tcache, class, span);
}

/* Slots that are carved together, and those of the free list that are drawn
 * from: enough that neighbours, and the slot that a pointer which dangles
 * meets, differ from seed to seed. */
#define SHUFFLE_CARVED 128u
#define SHUFFLE_DRAWN 32u

/* Source: Marsaglia, Xorshift RNGs, 2003. */
static uint32_t
draw(struct tcache *tcache, uint32_t n)
{
    static _Atomic uint64_t generators; /* begun so far */
    uint64_t x = tcache->random;

    if (x == 0) {
        uint64_t number = atomic_fetch_add(&generators, 1) + 1;

        x = hash_add(heap_layout.seed, number) | 1;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    tcache->random = x;
    return (uint32_t)(x * UINT64_C(0x2545f4914f6cdd1d) >> 33) % n;
}

/* Put untouched slots of a span without free ones into its free list: an
 * inside-out shuffle by Durstenfeld, CACM 1964, in `next`, then linked. */
static void
carve_some(struct tcache *tcache, struct span *span)
{
    uint16_t order[SHUFFLE_CARVED];
    uint32_t count = (uint32_t)span->capacity - span->carved;
    struct slot slot;

    count = count < SHUFFLE_CARVED ? count : SHUFFLE_CARVED;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = draw(tcache, i + 1);

        order[i] = order[at];
        order[at] = (uint16_t)(span->carved + i);
        heap_slot_at(span, span->carved + i, &slot);
        heap_layout.carved(&slot);
    }
    for (uint32_t i = 0; i < count; i++) {
        span->next[order[i]] = span->free_head;
        span->free_head = order[i];
    }
    /* Whoever looks for slots finds these with their fences. */
    __atomic_store_n(&span->carved, (uint16_t)(span->carved + count),
                     __ATOMIC_RELEASE);
}

uint32_t
tcache_take_random(struct tcache *tcache, unsigned class,
                   struct span **out_span)
{
    struct span *span = tcache->current[class];
    uint16_t *link;
    uint32_t index;

    if (!has_slot(span))
        span = tcache_refill(tcache, class);
    if (span == NULL)
        return SPAN_NONE;
    if (span->free_head == SPAN_NONE)
        carve_some(tcache, span);
    link = &span->free_head;
    for (uint32_t i = draw(tcache, SHUFFLE_DRAWN);
         i > 0 && span->next[*link] != SPAN_NONE; i--)
        link = &span->next[*link];
    index = *link;
    *link = span->next[index];
    span->used++;
    *out_span = span;
    return index;
}

struct span *
tcache_take_run(struct tcache *tcache, size_t units, bool *out_is_zero)
{
    struct list_node *node;
    struct span *span;

    if (units <= TCACHE_RUN_UNITS) {
        node = list_first(&tcache->runs[units]);
        if (node == NULL) {
            tcache_drain(tcache);
            node = list_first(&tcache->runs[units]);
        }
        if (node != NULL) {
            list_remove(node);
            span = LIST_ITEM(node, struct span, link);
            tcache->run_bytes -= span->bytes;
            *out_is_zero = false;
            return span;
        }
    }
    span = open_span(tcache, SIZECLASS_COUNT, units, out_is_zero);
    if (span == NULL && tcache->is_nested) {
        *out_is_zero = true;
        span = arena_open_emergency(units * SIZECLASS_UNIT, tcache);
    }
    return span;
}

void
tcache_give_run(struct tcache *tcache, struct span *span)
{
    size_t units = span->bytes / SIZECLASS_UNIT;

    if (UNLIKELY(span->is_guarded)) {
        guarded_give(tcache, span);
        return;
    }
    if (span->kind == SPAN_RUN && !span->is_emergency &&
        units <= TCACHE_RUN_UNITS &&
        tcache->run_bytes + span->bytes <= TCACHE_RUN_BYTES_MOST) {
        /* Nobody else refers to it: a run has no remote list. */
        span->owner = tcache;
        tcache->run_bytes += span->bytes;
        list_insert_first(&tcache->runs[units], &span->link);
        return;
    }
    if (close_span(tcache, span))
        return;
    /* A handler interrupted the holder of the arena's lock: leave the span to
     * a calmer moment of whoever owns this cache. */
    if (atomic_exchange(&span->deferred, 1) == 0)
        notify_owner(span);
}

void
tcache_trim(struct tcache *tcache)
{
    tcache_drain(tcache);
    for (unsigned i = 0; i < SIZECLASS_COUNT; i++) {
        struct list_node *node = tcache->partial[i].next;

        while (node != &tcache->partial[i]) {
            struct span *span = LIST_ITEM(node, struct span, link);

            node = node->next;
            if (span->used != 0)
                continue;
            list_remove(&span->link);
            if (!close_span(tcache, span))
                list_insert_first(&tcache->partial[i], &span->link);
        }
    }
    for (unsigned i = 1; i <= TCACHE_RUN_UNITS; i++) {
        struct list_node *node;

        while ((node = list_first(&tcache->runs[i])) != NULL) {
            struct span *span = LIST_ITEM(node, struct span, link);

            list_remove(node);
            tcache->run_bytes -= span->bytes;
            if (!close_span(tcache, span)) {
                tcache->run_bytes += span->bytes;
                list_insert_first(&tcache->runs[i], node);
                break;
            }
        }
    }
}
