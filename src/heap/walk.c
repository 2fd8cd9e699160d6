/*
 * heap/walk.c - visiting every slot, statistics, audit, freezing.
 *
 * A walk follows the page map over each arena's zones, then the large spans,
 * then the emergency spans. It holds the lock of one arena at a time, so no
 * span of it opens or closes; slots go on being taken and given.
 */
#include "heap/heap.h"

#include "heap/arena.h"
#include "heap/inspect.h"
#include "heap/pagemap.h"

typedef bool (*walk_visit)(const struct slot *, void *);

static bool
each_in_zone(struct arena *arena, const struct arena_zone *zone,
             bool (*visit)(struct span *, void *), void *context)
{
    uintptr_t addr = zone->start;
    uintptr_t end = zone->start + zone->committed * SIZECLASS_UNIT;

    while (addr < end) {
        struct span *span = inspect_find(arena, zone, addr, NULL);

        if (span == NULL) {
            addr += SIZECLASS_UNIT;
            continue;
        }
        if (!visit(span, context))
            return false;
        addr = span->start + span->bytes;
    }
    return true;
}

static bool
each_in_arena(struct arena *arena, bool (*visit)(struct span *, void *),
              void *context)
{
    for (struct arena_zone *zone = arena->zones; zone; zone = zone->next) {
        if (!each_in_zone(arena, zone, visit, context))
            return false;
    }
    LIST_EACH (node, &arena->large) {
        struct span *span = inspect_large(arena, node, NULL);

        if (span == NULL)
            return true; /* the list cannot be followed */
        if (!visit(span, context))
            return false;
    }
    return true;
}

void
heap_each_span(bool (*visit)(struct span *, void *), void *context)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[i];
        bool go_on;

        if (!arena_enter(arena, false))
            continue;
        go_on = each_in_arena(arena, visit, context);
        arena_leave(arena);
        if (!go_on)
            return;
    }
    for (struct span *span = arena_emergencies(); span != NULL;
         span = span->emergency_next) {
        if (span->kind == SPAN_RUN && !visit(span, context))
            return;
    }
}

struct slot_walk {
    walk_visit visit;
    void *context;
};

static bool
visit_slots(struct span *span, void *context)
{
    const struct slot_walk *walk = context;
    struct slot slot;
    uint32_t count = span->kind == SPAN_SLOTS ? span->carved : 1;

    for (uint32_t i = 0; i < count; i++) {
        heap_slot_at(span, i, &slot);
        if (!walk->visit(&slot, walk->context))
            return false;
    }
    return true;
}

void
heap_walk(walk_visit visit, void *context)
{
    struct slot_walk walk = {.visit = visit, .context = context};

    heap_each_span(visit_slots, &walk);
}

static bool
ranges_of_arena(struct arena *arena,
                bool (*visit)(uintptr_t start, uintptr_t end, void *),
                void *context)
{
    for (struct arena_zone *zone = arena->zones; zone; zone = zone->next) {
        if (!visit(zone->start, zone->start + zone->units * SIZECLASS_UNIT,
                   context))
            return false;
    }
    LIST_EACH (node, &arena->large) {
        const struct span *span = LIST_ITEM(node, struct span, link);

        if (!visit(span->start, span->start + span->bytes, context))
            return false;
    }
    return true;
}

void
heap_each_range(bool (*visit)(uintptr_t start, uintptr_t end, void *),
                void *context)
{
    /* A lost arena's memory is ours all the same; its lists are read as they
     * are, for nobody changes them any more. */
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[i];
        bool is_entered = arena_enter(arena, false);
        bool go_on = ranges_of_arena(arena, visit, context);

        if (is_entered)
            arena_leave(arena);
        if (!go_on)
            return;
    }
    for (const struct span *span = arena_emergencies(); span != NULL;
         span = span->emergency_next) {
        if (span->kind == SPAN_RUN &&
            !visit(span->start, span->start + span->bytes, context))
            return;
    }
}

/* Visit some slots of the zone that the cursor is in; false at its end. */
static bool
visit_some(struct arena *arena, const struct arena_zone *zone,
           struct heap_cursor *cursor, uint32_t *left, walk_visit visit,
           void *context)
{
    while (cursor->unit < zone->committed) {
        uintptr_t addr = zone->start + cursor->unit * SIZECLASS_UNIT;
        struct span *span = inspect_find(arena, zone, addr, NULL);
        uint32_t count;
        struct slot slot;

        if (span == NULL) {
            cursor->unit++;
            continue;
        }
        count = span->kind == SPAN_SLOTS ? span->carved : 1;
        for (; cursor->index < count; cursor->index++) {
            if (*left == 0)
                return true;
            --*left;
            heap_slot_at(span, cursor->index, &slot);
            if (!visit(&slot, context))
                return true;
        }
        cursor->index = 0;
        cursor->unit =
            (span->start + span->bytes - zone->start) / SIZECLASS_UNIT;
    }
    return false;
}

/* Large spans are few: they are visited together, after the zones. */
static void
visit_large(struct arena *arena, walk_visit visit, void *context)
{
    struct slot_walk walk = {.visit = visit, .context = context};

    LIST_EACH (node, &arena->large) {
        struct span *span = inspect_large(arena, node, NULL);

        if (span == NULL || !visit_slots(span, &walk))
            return;
    }
}

bool
heap_walk_some(struct heap_cursor *cursor, uint32_t most, walk_visit visit,
               void *context)
{
    struct arena *arena = &arena_all[cursor->arena];
    struct arena_zone *zone;
    uint32_t left = most, i = 0;

    if (!lock_try(&arena->lock))
        return true;
    for (zone = arena->zones; zone != NULL; zone = zone->next, i++) {
        if (i < cursor->zone)
            continue;
        if (visit_some(arena, zone, cursor, &left, visit, context)) {
            lock_give(&arena->lock);
            return true;
        }
        cursor->zone++;
        cursor->unit = 0;
        cursor->index = 0;
    }
    visit_large(arena, visit, context);
    lock_give(&arena->lock);
    cursor->arena = (cursor->arena + 1) % ARENA_COUNT;
    cursor->zone = 0;
    cursor->unit = 0;
    cursor->index = 0;
    return cursor->arena != 0;
}

bool
heap_trim(void)
{
    bool any = false;

    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        if (!arena_enter(&arena_all[i], false))
            continue;
        any = arena_purge(&arena_all[i]) || any;
        arena_leave(&arena_all[i]);
    }
    return any;
}

void
heap_stats(struct heap_stats *out_stats)
{
    struct heap_stats stats = {0, 0, 0};

    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        stats.reserved += arena_all[i].reserved;
        stats.committed += arena_all[i].committed;
        stats.arrays += arena_all[i].array_bytes;
    }
    *out_stats = stats;
}

static uint64_t
span_in_use(const struct span *span)
{
    if (span->kind == SPAN_SLOTS)
        return (uint64_t)(span->used - (span->remote >> 16)) * span->slot_size;
    return span->record.state == BLOCK_LIVE ? span->block_size : 0;
}

static uint64_t
zone_in_use(struct arena *arena, const struct arena_zone *zone)
{
    uintptr_t addr = zone->start;
    uintptr_t end = zone->start + zone->committed * SIZECLASS_UNIT;
    uint64_t bytes = 0;

    while (addr < end) {
        const struct span *span = inspect_find(arena, zone, addr, NULL);

        bytes += span != NULL ? span_in_use(span) : 0;
        addr = span != NULL ? span->start + span->bytes : addr + SIZECLASS_UNIT;
    }
    return bytes;
}

uint64_t
heap_in_use(void)
{
    uint64_t bytes = 0;

    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[i];

        if (!arena_enter(arena, false))
            continue;
        for (struct arena_zone *zone = arena->zones; zone; zone = zone->next)
            bytes += zone_in_use(arena, zone);
        LIST_EACH (node, &arena->large)
            bytes += span_in_use(LIST_ITEM(node, struct span, link));
        arena_leave(arena);
    }
    return bytes;
}

/* ---- audit ---- */

static unsigned
audit_span(const struct span *span)
{
    unsigned broken = 0;
    uint32_t length = 0;

    if (span->kind != SPAN_SLOTS)
        return span->start == 0 || span->base < span->start ? 1 : 0;
    broken += span->carved > span->capacity;
    broken += span->used > span->carved;
    for (uint32_t i = span->free_head; i != SPAN_NONE; i = span->next[i]) {
        if (i >= span->carved || ++length > span->carved)
            return broken + 1;
    }
    /* Slots in the remote list still count as used. */
    broken += length + span->used != span->carved;
    broken += (span->remote >> 16) > span->used;
    return broken;
}

static unsigned
audit_arena(struct arena *arena)
{
    unsigned broken = 0;

    for (struct arena_zone *zone = arena->zones; zone; zone = zone->next) {
        uintptr_t addr = zone->start;
        uintptr_t end = zone->start + zone->committed * SIZECLASS_UNIT;

        while (addr < end) {
            struct span *span = pagemap_find(addr);
            size_t unit = (addr - zone->start) / SIZECLASS_UNIT;
            bool used = (zone->used[unit / 64] >> (unit % 64) & 1) != 0;

            broken += used != (span != NULL);
            if (span != NULL)
                broken += audit_span(span);
            addr = span != NULL ? span->start + span->bytes
                                : addr + SIZECLASS_UNIT;
        }
    }
    return broken;
}

unsigned
heap_audit(void)
{
    unsigned broken = 0;

    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        if (!arena_enter(&arena_all[i], false))
            continue;
        broken += audit_arena(&arena_all[i]);
        arena_leave(&arena_all[i]);
    }
    return broken;
}

/* ---- freeze ---- */

bool
heap_is_entered(void)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        if (lock_is_mine(&arena_all[i].lock))
            return true;
    }
    return false;
}

/* Which locks heap_freeze took: not one that the thread held already, because
 * a signal handler that forks interrupted it there. Written while frozen. */
static bool is_frozen[ARENA_COUNT];

void
heap_freeze(void)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[i];

        is_frozen[i] = !arena->is_lost && !lock_is_mine(&arena->lock);
        if (is_frozen[i])
            lock_take_to_freeze(&arena->lock);
    }
}

void
heap_thaw(void)
{
    for (unsigned i = ARENA_COUNT; i-- > 0;) {
        if (is_frozen[i])
            lock_give(&arena_all[i].lock);
    }
}

void
heap_child(void)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        if (is_frozen[i])
            lock_reset(&arena_all[i].lock);
    }
}

void
heap_copied(void)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[i];

        if (arena->is_lost || lock_is_mine(&arena->lock))
            continue;
        if (lock_try(&arena->lock))
            lock_give(&arena->lock);
        else
            arena->is_lost = true;
    }
}
