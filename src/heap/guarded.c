/*
 * heap/guarded.c - making, placing and keeping guarded spans.
 *
 * Spans of one unit, by far the most, are made sixteen at a time: then one
 * system call closes the pages of all, and a block costs one to open its own
 * and one to close them.
 */
#include "heap/guarded.h"

#include "base/bits.h"
#include "heap/heap.h"
#include "heap/shield.h"
#include "os/page.h"

#define UNITS_AT_ONCE 16
#define IDLE_MOST 65536 /* spans that wait, per arena and size */
#define LARGE_IDLE_MOST ((size_t)1 << 30) /* bytes of large ones, per arena */

/* Where the block lies in its span: bytes from the start. */
struct place {
    size_t user;
    size_t end; /* of the open pages, which begin after the first page */
    size_t units;
};

static bool
find_place(size_t size, size_t align, bool below, struct place *place)
{
    size_t page = page_size();
    size_t wide = bits_align_up(size, align);

    if (align > page) {
        place->user = bits_align_up(page, align);
        place->end = place->user + bits_align_up(size, page);
    } else if (below) {
        place->user = page;
        place->end = page + bits_align_up(wide, page);
    } else {
        place->end = page + bits_align_up(wide, page);
        place->user = place->end - wide;
    }
    place->units =
        bits_align_up(place->end + page, SIZECLASS_UNIT) / SIZECLASS_UNIT;
    return size <= HEAP_GUARDED_MOST && align <= SIZECLASS_UNIT;
}

/* ---- making and ending; locks: held ---- */

/* The index of the queue for spans of so many units; 0 is for the large ones,
 * of any size, which are not used again. */
static unsigned
queue_of(size_t units)
{
    return units <= ARENA_GUARDED_UNITS ? (unsigned)units : 0;
}

/* Let a span wait, last or first in its queue. */
static void
enqueue(struct arena *arena, struct span *span, bool first)
{
    unsigned i = queue_of(span->bytes / SIZECLASS_UNIT);

    if (first)
        list_insert_first(&arena->guarded[i], &span->link);
    else
        list_insert_last(&arena->guarded[i], &span->link);
    arena->guarded_count[i]++;
    if (i == 0)
        arena->guarded_bytes += span->bytes;
}

static void
dequeue(struct arena *arena, struct span *span)
{
    unsigned i = queue_of(span->bytes / SIZECLASS_UNIT);

    list_remove(&span->link);
    arena->guarded_count[i]--;
    if (i == 0)
        arena->guarded_bytes -= span->bytes;
}

/* Descriptors for `count` spans on the closed units from `start`: how many
 * there is memory for. */
static size_t
describe(struct arena *arena, uintptr_t start, size_t units, size_t count,
         enum shield_way way, struct tcache *owner)
{
    for (size_t i = 0; i < count; i++) {
        uintptr_t at = start + i * units * SIZECLASS_UNIT;
        struct span *span = arena_take_span(arena);

        if (span == NULL || pagemap_set(at, units, span) != 0) {
            if (span != NULL)
                pool_give(&arena->spans, span);
            return i;
        }
        span->start = at;
        span->base = at + page_size();
        span->bytes = units * SIZECLASS_UNIT;
        span->owner = owner;
        span->capacity = 1;
        span->records = &span->record;
        span->arena = arena->index;
        span->is_guarded = true;
        span->way = (uint8_t)way;
        span->shield = (uint8_t)way;
        span->open_at = span->accessible = page_size();
        list_init(&span->link);
        __atomic_store_n(&span->kind, SPAN_RUN, __ATOMIC_RELEASE);
        enqueue(arena, span, units > ARENA_GUARDED_UNITS);
        arena->committed -= span->bytes;
        heap_tell_event(HEAP_EVENT_OPEN, at, span->bytes, 0);
    }
    return count;
}

static bool
make_spans(struct arena *arena, size_t units, struct tcache *owner)
{
    size_t count = units == 1 ? UNITS_AT_ONCE : 1;
    size_t made, bytes;
    enum shield_way way;
    uintptr_t start;
    bool is_zero;

    start = arena_take_units(arena, units * count, true, &is_zero);
    if (start == 0 && count > 1) {
        count = 1;
        start = arena_take_units(arena, units, true, &is_zero);
    }
    if (start == 0)
        return false;
    bytes = units * count * SIZECLASS_UNIT;
    way = shield_close(start, bytes);
    made = way == SHIELD_OPEN
               ? 0
               : describe(arena, start, units, count, way, owner);
    /* Each span is opened by itself, and so is what is left. */
    shield_split(way, made < count ? made + 1 : made);
    if (made < count) {
        uintptr_t rest = start + made * units * SIZECLASS_UNIT;

        /* Units that cannot be opened again are lost. */
        if (way == SHIELD_OPEN || shield_open(rest, start + bytes - rest, way))
            arena_give_units(arena, rest, units * (count - made));
    }
    return made > 0;
}

/* End a guarded span that has no block and is in no queue. */
static void
end_span(struct arena *arena, struct span *span)
{
    if (!shield_open(span->start, span->bytes, (enum shield_way)span->way))
        return; /* it is lost */
    if (span->shield == SHIELD_OPEN)
        arena->committed -= span->accessible - span->open_at;
    arena->committed += span->bytes;
    span->is_guarded = false;
    span->shield = SHIELD_OPEN;
    arena_close(arena, span);
}

/* End large spans, oldest first, until they take at most so many bytes. */
static bool
drop_large(struct arena *arena, size_t most)
{
    bool any = false;

    while (arena->guarded_bytes > most) {
        struct list_node *node = list_first(&arena->guarded[0]);
        struct span *span = LIST_ITEM(node, struct span, link);

        dequeue(arena, span);
        end_span(arena, span);
        any = true;
    }
    return any;
}

bool
guarded_drop_idle(struct arena *arena)
{
    bool any = drop_large(arena, 0);

    for (unsigned i = 1; i <= ARENA_GUARDED_UNITS; i++) {
        struct list_node *node;

        while ((node = list_first(&arena->guarded[i])) != NULL) {
            struct span *span = LIST_ITEM(node, struct span, link);

            dequeue(arena, span);
            end_span(arena, span);
            any = true;
        }
    }
    return any;
}

/* ---- taking and giving ---- */

/* The span that has waited longest, or a new one, which is the first of its
 * queue too. Large ones that only stay closed give way to it.  Locks: held. */
static struct span *
take_span(struct arena *arena, size_t units, struct tcache *owner)
{
    unsigned i = queue_of(units);
    struct span *span;

    if ((i == 0 || list_is_empty(&arena->guarded[i])) &&
        !make_spans(arena, units, owner) &&
        (!drop_large(arena, 0) || !make_spans(arena, units, owner)))
        return NULL;
    span = LIST_ITEM(list_first(&arena->guarded[i]), struct span, link);
    dequeue(arena, span);
    return span;
}

bool
heap_alloc_guarded(struct tcache *tcache, size_t size, size_t align, bool below,
                   struct slot *out_slot, uintptr_t *out_user)
{
    struct arena *arena = &arena_all[tcache->arena];
    struct span *span;
    struct place place;

    if (!find_place(size, align, below, &place) ||
        !arena_enter(arena, tcache->is_nested))
        return false;
    span = take_span(arena, place.units, tcache);
    if (span == NULL) {
        arena_leave(arena);
        return false;
    }
    if (place.end > page_size() &&
        !shield_open_part(span->start + page_size(), place.end - page_size(),
                          (enum shield_way)span->way)) {
        enqueue(arena, span, true);
        arena_leave(arena);
        return false;
    }
    __atomic_store_n(&span->shield, SHIELD_OPEN, __ATOMIC_RELEASE);
    span->owner = tcache;
    span->base = span->start + place.user;
    span->accessible = place.end;
    span->block_size = size;
    span->record.offset = 0;
    arena->committed += place.end - page_size();
    arena_leave(arena);
    heap_slot_at(span, 0, out_slot);
    out_slot->is_fresh = true;
    out_slot->is_zero = span->way == SHIELD_MARKED;
    *out_user = span->base;
    return true;
}

void
guarded_give(struct tcache *tcache, struct span *span)
{
    struct arena *arena = &arena_all[span->arena];
    struct slot slot;
    bool is_closed;
    unsigned i;

    heap_slot_at(span, 0, &slot);
    /* Pages that the program has locked since cannot be marked. */
    is_closed = heap_is_closed(&slot) || heap_shield(tcache, &slot);
    /* A span that a handler cannot give back is not used again. */
    if (!arena_enter(arena, tcache->is_nested))
        return;
    i = queue_of(span->bytes / SIZECLASS_UNIT);
    if (!is_closed || arena->guarded_count[i] >= IDLE_MOST)
        end_span(arena, span);
    else
        enqueue(arena, span, false);
    (void)drop_large(arena, LARGE_IDLE_MOST); /* true: it was too many */
    arena_leave(arena);
}
