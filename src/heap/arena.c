/*
 * heap/arena.c - zones, units and the descriptors of spans.
 *
 * The bitmaps are searched from the lowest unit that may be free. A search
 * skips runs of used units a word at a time, and zones are tried oldest first,
 * so the heap stays at low addresses and its top can be given back.
 */
#include "heap/arena.h"

#include <string.h>

#include "base/bits.h"
#include "heap/guarded.h"
#include "heap/heap.h"
#include "heap/large.h"
#include "heap/pagemap.h"
#include "os/page.h"
#include "os/process.h"

#define ZONE_BYTES_MOST ((size_t)1 << 30)
#define ZONE_BYTES_LEAST ((size_t)1 << 20)
#define COMMIT_LEAST ((size_t)1 << 20)
#define COMMIT_MOST ((size_t)1 << 25)
#define HUGE_UNITS (PAGE_HUGE / SIZECLASS_UNIT)
#define HUGE_LEAST (4 * HUGE_UNITS)    /* committed units of a zone */
#define DIRTY_KEPT_UNITS ((size_t)128) /* 8 MiB */
#define ARRAYS_KEPT ((size_t)2 << 20)  /* bytes, with their pages */

struct arena arena_all[ARENA_COUNT];

/* The newest emergency span; grows by compare-and-swap only. */
static _Atomic(struct span *) emergency_spans;

void
arena_start(void)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[i];

        arena->lock.rank = LOCK_RANK_HEAP;
        arena->region.chunk_size = (size_t)1 << 20;
        arena->spans.item_size = sizeof(struct span);
        arena->spans.item_align = _Alignof(struct span);
        arena->index = (uint8_t)i;
        list_init(&arena->large);
        for (unsigned j = 0; j <= ARENA_GUARDED_UNITS; j++)
            list_init(&arena->guarded[j]);
    }
}

bool
arena_enter(struct arena *arena, bool nested)
{
    if (UNLIKELY(arena->is_lost))
        return false;
    if (nested)
        return lock_try(&arena->lock);
    lock_take(&arena->lock);
    return true;
}

void
arena_leave(struct arena *arena)
{
    lock_give(&arena->lock);
}

/* ---- zones ---- */

static bool
bit_test(const uint64_t *bits, size_t i)
{
    return (bits[i / 64] >> (i % 64) & 1) != 0;
}

static void
bits_set(uint64_t *bits, size_t start, size_t count, bool value)
{
    for (size_t i = start; i < start + count; i++) {
        if (value)
            bits[i / 64] |= (uint64_t)1 << (i % 64);
        else
            bits[i / 64] &= ~((uint64_t)1 << (i % 64));
    }
}

/* The first of `count` clear bits in a row, at or after `start`; `end` if
 * there are none under `end`. */
static size_t
bits_find_clear(const uint64_t *bits, size_t start, size_t end, size_t count)
{
    size_t at = start, run = 0;

    while (at < end) {
        uint64_t rest = bits[at / 64] >> (at % 64);
        size_t left = 64 - at % 64;
        size_t step;

        if ((rest & 1) != 0) {
            step = ~rest == 0 ? left : (size_t)__builtin_ctzll(~rest);
            at += step < left ? step : left;
            run = 0;
            continue;
        }
        step = rest == 0 ? left : (size_t)__builtin_ctzll(rest);
        if (run + step >= count)
            return at - run + count <= end ? at - run : end;
        run += step;
        at += step;
    }
    return end;
}

/* How much to reserve: less where the address space is limited, so that the
 * program's own mappings still find room. */
static size_t
zone_bytes(size_t least)
{
    uint64_t limit = process_address_limit();
    size_t bytes = ZONE_BYTES_MOST;

    while (bytes > ZONE_BYTES_LEAST && bytes > limit / 16)
        bytes /= 2;
    while (bytes < least)
        bytes *= 2;
    return bytes;
}

static struct arena_zone *
zone_make(struct arena *arena, size_t units)
{
    size_t least = bits_align_up(units * SIZECLASS_UNIT, ZONE_BYTES_LEAST);
    size_t bytes = zone_bytes(least);
    struct arena_zone *zone;
    size_t words;
    void *p = NULL;

    while (p == NULL) {
        p = page_map_aligned(
            bytes,
            bytes / SIZECLASS_UNIT > HUGE_LEAST ? PAGE_HUGE : SIZECLASS_UNIT,
            false);
        if (p == NULL && bytes / 2 < least)
            return NULL;
        if (p == NULL)
            bytes /= 2;
    }
    words = bytes / SIZECLASS_UNIT / 64 + 1;
    zone = region_take(&arena->region, sizeof(*zone), 8);
    if (zone != NULL)
        zone->used = region_take(&arena->region, words * 16, 8);
    if (zone == NULL || zone->used == NULL) {
        page_unmap(p, bytes);
        return NULL;
    }
    zone->dirty = zone->used + words;
    zone->start = (uintptr_t)p;
    zone->units = bytes / SIZECLASS_UNIT;
    arena->reserved += bytes;
    heap_tell_event(HEAP_EVENT_ZONE, zone->start, bytes, 0);
    return zone;
}

/*
 * A large heap is met at random and filled page by page: what it grows by from
 * here on may be large pages. Those of a zone that gave memory back stay as
 * they are, or the kernel would fill what it was given.
 */
static void
zone_prefer_huge(struct arena_zone *zone, char *from, size_t units)
{
    page_prefer_huge(from, units * SIZECLASS_UNIT);
    if (zone->huge == 0)
        zone->huge = zone->committed;
}

static void
zone_prefer_small(struct arena_zone *zone)
{
    if (zone->huge == 0)
        return;
    page_prefer_small((char *)zone->start + zone->huge * SIZECLASS_UNIT,
                      (zone->committed - zone->huge) * SIZECLASS_UNIT);
    zone->huge = 0;
}

static bool
zone_commit(struct arena_zone *zone, size_t units)
{
    size_t step, most = zone->units - zone->committed;
    char *from = (char *)zone->start + zone->committed * SIZECLASS_UNIT;

    if (units <= zone->committed)
        return true;
    step = zone->committed * SIZECLASS_UNIT / 4;
    step = step < COMMIT_LEAST ? COMMIT_LEAST : step;
    step = step > COMMIT_MOST ? COMMIT_MOST : step;
    step /= SIZECLASS_UNIT;
    if (step < units - zone->committed)
        step = units - zone->committed;
    if (zone->committed + step > HUGE_LEAST)
        step =
            bits_align_up(zone->committed + step, HUGE_UNITS) - zone->committed;
    step = step > most ? most : step;
    if (page_commit(from, step * SIZECLASS_UNIT) != 0) {
        /* A large step may be over the commit limit where a small one is
         * not. */
        step = units - zone->committed;
        if (page_commit(from, step * SIZECLASS_UNIT) != 0)
            return false;
    }
    if (zone->committed >= HUGE_LEAST && !zone->is_small)
        zone_prefer_huge(zone, from, step);
    zone->committed += step;
    return true;
}

/* 0: no room (*out_refused false), or the kernel refuses to commit. */
static uintptr_t
zone_take(struct arena *arena, struct arena_zone *zone, size_t units,
          bool *out_is_zero, bool *out_refused)
{
    size_t at = bits_find_clear(zone->used, zone->hint, zone->units, units);
    bool is_zero = true;

    *out_refused = false;
    if (at >= zone->units)
        return 0;
    if (!zone_commit(zone, at + units)) {
        *out_refused = true;
        return 0;
    }
    for (size_t i = at; i < at + units; i++) {
        if (bit_test(zone->dirty, i)) {
            is_zero = false;
            arena->dirty_units--;
        }
    }
    bits_set(zone->used, at, units, true);
    bits_set(zone->dirty, at, units, false);
    if (at == zone->hint)
        zone->hint = at + units;
    *out_is_zero = is_zero;
    return zone->start + at * SIZECLASS_UNIT;
}

/* zone_take of those zones that are apart, or of the others. */
static uintptr_t
zones_take(struct arena *arena, size_t units, bool is_apart, bool *out_is_zero,
           bool *out_refused)
{
    uintptr_t start = 0;

    *out_refused = false;
    for (struct arena_zone *zone = arena->zones; zone && start == 0;
         zone = zone->next) {
        bool refused;

        if (zone->is_apart != is_apart)
            continue;
        start = zone_take(arena, zone, units, out_is_zero, &refused);
        *out_refused = *out_refused || refused;
    }
    return start;
}

static bool
zones_add(struct arena *arena, size_t units, bool is_apart)
{
    struct arena_zone **last = &arena->zones;
    struct arena_zone *zone = zone_make(arena, units);

    if (zone == NULL)
        return false;
    zone->is_apart = zone->is_small = is_apart;
    while (*last != NULL)
        last = &(*last)->next;
    *last = zone;
    return true;
}

uintptr_t
arena_take_units(struct arena *arena, size_t units, bool is_apart,
                 bool *out_is_zero)
{
    bool refused;
    uintptr_t start = zones_take(arena, units, is_apart, out_is_zero, &refused);

    /* More address space would not make it more willing. */
    if (start == 0 && refused)
        return 0;
    if (start == 0)
        start = zones_take(arena, units,
                           zones_add(arena, units, is_apart) ? is_apart
                                                             : !is_apart,
                           out_is_zero, &refused);
    if (start == 0)
        return 0;
    arena->used_units += units;
    arena->committed += units * SIZECLASS_UNIT;
    return start;
}

static struct arena_zone *
zone_of(struct arena *arena, uintptr_t addr)
{
    struct arena_zone *zone = arena->zones;

    while (zone != NULL && addr - zone->start >= zone->units * SIZECLASS_UNIT)
        zone = zone->next;
    return zone;
}

void
arena_tell_closed(struct arena *arena, uintptr_t addr)
{
    struct arena_zone *zone = zone_of(arena, addr);

    if (zone == NULL || zone->is_small)
        return;
    zone_prefer_small(zone);
    zone->is_small = true;
}

static void
zone_purge(struct arena_zone *zone)
{
    size_t at = 0;

    while (at < zone->committed) {
        size_t end = at;

        while (end < zone->committed && bit_test(zone->dirty, end))
            end++;
        if (end > at) {
            zone_prefer_small(zone);
            page_discard((char *)zone->start + at * SIZECLASS_UNIT,
                         (end - at) * SIZECLASS_UNIT);
            bits_set(zone->dirty, at, end - at, false);
            at = end;
        } else if (zone->dirty[at / 64] >> (at % 64) == 0) {
            at = (at / 64 + 1) * 64;
        } else {
            at++;
        }
    }
}

static bool
purge_units(struct arena *arena)
{
    if (arena->dirty_units == 0)
        return false;
    for (struct arena_zone *zone = arena->zones; zone; zone = zone->next)
        zone_purge(zone);
    arena->dirty_units = 0;
    return true;
}

void
arena_give_units(struct arena *arena, uintptr_t start, size_t units)
{
    struct arena_zone *zone = zone_of(arena, start);
    size_t at;

    BUG_IF(zone == NULL);
    at = (start - zone->start) / SIZECLASS_UNIT;
    bits_set(zone->used, at, units, false);
    bits_set(zone->dirty, at, units, true);
    if (at < zone->hint)
        zone->hint = at;
    arena->used_units -= units;
    arena->dirty_units += units;
    arena->committed -= units * SIZECLASS_UNIT;
    if (arena->dirty_units > DIRTY_KEPT_UNITS &&
        arena->dirty_units > arena->used_units / 8)
        (void)purge_units(arena); /* true: there were dirty ones */
}

bool
arena_purge(struct arena *arena)
{
    bool any = guarded_drop_idle(arena);

    any = purge_units(arena) || any;
    return large_drop_kept(arena, 0) || any;
}

bool
arena_owns(uintptr_t addr)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        /* Zones are only ever added, at the end, complete. */
        if (zone_of(&arena_all[i], addr) != NULL)
            return true;
    }
    return false;
}

/* ---- spans ---- */

struct span *
arena_take_span(struct arena *arena)
{
    struct span *span = pool_take(&arena->spans);

    if (span != NULL)
        memset(span, 0, sizeof(*span));
    return span;
}

/* Bytes of a span's side arrays before the records. */
static size_t
history_bytes(const struct sizeclass *class)
{
    return heap_layout.records ? class->capacity * sizeof(struct history) : 0;
}

static size_t
array_bytes(const struct sizeclass *class)
{
    size_t bytes = class->capacity * sizeof(uint16_t);

    if (heap_layout.records)
        bytes += class->capacity * sizeof(struct record);
    return history_bytes(class) + bits_align_up(bytes, 16);
}

/* Of arrays that are in no span the first word leads to the next. */
static void *
list_take(void **list)
{
    void *array = *list;

    if (array == NULL)
        return NULL;
    memcpy(list, array, sizeof(void *));
    memset(array, 0, sizeof(void *));
    return array;
}

static void
list_give(void **list, void *array)
{
    memcpy(array, list, sizeof(void *));
    *list = array;
}

/* The side arrays of a span: histories, records, then the free list. What is
 * passed around is the address of the records, or of the list where there are
 * none. Arrays given back come with their records zeroed (BLOCK_NEVER). */
static void *
array_take(struct arena *arena, unsigned class)
{
    const struct sizeclass *sc = &sizeclass_table[class];
    void *array = list_take(&arena->arrays[class]);

    if (array != NULL)
        arena->arrays_kept -= array_bytes(sc);
    else
        array = list_take(&arena->blank_arrays[class]);
    if (array == NULL) {
        array = region_take(&arena->region, array_bytes(sc), 16);
        if (array != NULL)
            array = (char *)array + history_bytes(sc);
    }
    if (array != NULL)
        arena->array_bytes += array_bytes(sc);
    return array;
}

/* Give the whole pages of an array back; false if there are none. What of the
 * records shares a page with others is zeroed. */
static bool
array_discard(const struct sizeclass *sc, void *array, size_t carved)
{
    uintptr_t start = (uintptr_t)array - history_bytes(sc);
    uintptr_t first = bits_align_up(start, page_size());
    uintptr_t end = bits_align_down(start + array_bytes(sc), page_size());
    uintptr_t records = (uintptr_t)array;
    uintptr_t carved_end = records + carved * sizeof(struct record);

    if (end <= first || page_discard((void *)first, end - first) != 0)
        return false;
    if (records < first)
        memset(array, 0, (carved_end < first ? carved_end : first) - records);
    if (carved_end > end)
        memset((void *)(records > end ? records : end), 0,
               carved_end - (records > end ? records : end));
    return true;
}

static void
array_give(struct arena *arena, unsigned class, void *array, size_t carved)
{
    const struct sizeclass *sc = &sizeclass_table[class];
    size_t bytes = array_bytes(sc);
    size_t kept = arena->arrays_kept + bytes;

    if (!heap_layout.records)
        carved = 0;
    arena->array_bytes -= bytes;
    if (kept > ARRAYS_KEPT && kept > arena->array_bytes / 8 &&
        array_discard(sc, array, carved)) {
        list_give(&arena->blank_arrays[class], array);
        return;
    }
    arena->arrays_kept = kept;
    memset(array, 0, carved * sizeof(struct record));
    list_give(&arena->arrays[class], array);
}

struct span *
arena_open_slots(struct arena *arena, unsigned class, struct tcache *owner)
{
    const struct sizeclass *sc = &sizeclass_table[class];
    struct span *span = arena_take_span(arena);
    char *array = span != NULL ? array_take(arena, class) : NULL;
    bool is_zero = false;
    uintptr_t start =
        array != NULL ? arena_take_units(arena, sc->units, false, &is_zero) : 0;

    if (start == 0 || pagemap_set(start, sc->units, span) != 0) {
        if (start != 0)
            arena_give_units(arena, start, sc->units);
        if (array != NULL)
            array_give(arena, class, array, 0);
        if (span != NULL)
            pool_give(&arena->spans, span);
        return NULL;
    }
    span->base = start + heap_layout.lead;
    span->reciprocal = sc->reciprocal;
    span->records = heap_layout.records ? (struct record *)(void *)array : NULL;
    if (heap_layout.records)
        array += sc->capacity * sizeof(struct record);
    span->next = (uint16_t *)(void *)array;
    span->owner = owner;
    span->slot_size = sc->size;
    span->capacity = sc->capacity;
    span->class = (uint8_t) class;
    span->free_head = SPAN_NONE;
    span->is_zero = is_zero;
    span->remote = SPAN_REMOTE_EMPTY;
    span->start = start;
    span->bytes = sc->units * SIZECLASS_UNIT;
    span->arena = arena->index;
    list_init(&span->link);
    /* Last: a span is looked at once it has a kind. */
    __atomic_store_n(&span->kind, SPAN_SLOTS, __ATOMIC_RELEASE);
    heap_tell_event(HEAP_EVENT_OPEN, start, span->bytes, span->slot_size);
    return span;
}

struct span *
arena_open_run(struct arena *arena, size_t units, struct tcache *owner,
               bool *out_is_zero)
{
    struct span *span = arena_take_span(arena);
    uintptr_t start =
        span != NULL ? arena_take_units(arena, units, false, out_is_zero) : 0;

    if (start == 0 || pagemap_set(start, units, span) != 0) {
        if (start != 0)
            arena_give_units(arena, start, units);
        if (span != NULL)
            pool_give(&arena->spans, span);
        return NULL;
    }
    span->base = start + heap_layout.lead;
    span->owner = owner;
    span->capacity = 1;
    span->records = &span->record;
    span->start = start;
    span->bytes = units * SIZECLASS_UNIT;
    span->arena = arena->index;
    list_init(&span->link);
    __atomic_store_n(&span->kind, SPAN_RUN, __ATOMIC_RELEASE);
    heap_tell_event(HEAP_EVENT_OPEN, start, span->bytes, 0);
    return span;
}

void
arena_close(struct arena *arena, struct span *span)
{
    size_t units = span->bytes / SIZECLASS_UNIT;
    uint8_t kind = span->kind;

    pagemap_clear(span->start, units);
    __atomic_store_n(&span->kind, SPAN_UNUSED, __ATOMIC_RELEASE);
    if (kind == SPAN_SLOTS)
        array_give(arena, span->class,
                   span->records != NULL ? (void *)span->records
                                         : (void *)span->next,
                   span->carved);
    heap_tell_event(HEAP_EVENT_CLOSE, span->start, span->bytes,
                    span->slot_size);
    arena_give_units(arena, span->start, units);
    pool_give(&arena->spans, span);
}

struct span *
arena_open_emergency(size_t bytes, struct tcache *owner)
{
    struct span *span = meta_map(sizeof(*span));
    void *p =
        span != NULL ? page_map_aligned(bytes, SIZECLASS_UNIT, true) : NULL;

    if (p == NULL || pagemap_set((uintptr_t)p, bytes / SIZECLASS_UNIT, span)) {
        if (p != NULL)
            page_unmap(p, bytes);
        if (span != NULL)
            meta_unmap(span, sizeof(*span));
        return NULL;
    }
    span->start = (uintptr_t)p;
    span->base = span->start + heap_layout.lead;
    span->bytes = bytes;
    span->owner = owner;
    span->capacity = 1;
    span->records = &span->record;
    span->is_emergency = true;
    list_init(&span->link);
    __atomic_store_n(&span->kind, SPAN_RUN, __ATOMIC_RELEASE);
    span->emergency_next = atomic_load(&emergency_spans);
    while (!atomic_compare_exchange_weak(&emergency_spans,
                                         &span->emergency_next, span))
        continue;
    return span;
}

void
arena_close_emergency(struct span *span)
{
    /* The descriptor stays: a walk may be on it. Such spans are rare. */
    pagemap_clear(span->start, span->bytes / SIZECLASS_UNIT);
    __atomic_store_n(&span->kind, SPAN_UNUSED, __ATOMIC_RELEASE);
    page_unmap((void *)span->start, span->bytes);
}

struct span *
arena_emergencies(void)
{
    return atomic_load(&emergency_spans);
}
