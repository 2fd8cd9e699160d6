/*
 * heap/inspect.c - the page map, spans, records and free lists, against what
 * they must be.
 *
 * Members that other threads change at any time are verified by bounds that
 * hold at every moment; the free list of a span, by its owner alone.
 */
#include "heap/inspect.h"

#include "base/bits.h"
#include "heap/pagemap.h"

static bool
tell(struct heap_flaw *out_flaw, const volatile void *at, const char *what,
     uint64_t value)
{
    if (out_flaw != NULL)
        *out_flaw = (struct heap_flaw){(uintptr_t)at, what, value};
    return true;
}

/* ---- one span ---- */

static bool
has_slots_flaw(struct arena *arena, const struct span *span,
               struct heap_flaw *out_flaw)
{
    const struct sizeclass *class;
    const char *array = (const char *)span->records;

    if (span->class >= SIZECLASS_COUNT)
        return tell(out_flaw, &span->class, "the size class of a span",
                    span->class);
    class = &sizeclass_table[span->class];
    if (span->slot_size != class->size)
        return tell(out_flaw, &span->slot_size, "the slots' size of a span",
                    span->slot_size);
    if (span->capacity != class->capacity)
        return tell(out_flaw, &span->capacity, "the number of a span's slots",
                    span->capacity);
    if (span->reciprocal != class->reciprocal)
        return tell(out_flaw, &span->reciprocal,
                    "the reciprocal of a span's slot size", span->reciprocal);
    if (span->bytes != class->units * SIZECLASS_UNIT)
        return tell(out_flaw, &span->bytes, "the length of a span",
                    span->bytes);
    if (span->base != span->start + heap_layout.lead)
        return tell(out_flaw, &span->base, "the first slot of a span",
                    span->base);
    if (!meta_owns((uintptr_t)span->next, class->capacity * sizeof(uint16_t),
                   &arena->known) ||
        (heap_layout.records &&
         array + class->capacity * sizeof(struct record) !=
             (const char *)span->next))
        return tell(out_flaw, &span->next, "the free list of a span",
                    (uintptr_t)span->next);
    if (span->carved > span->capacity)
        return tell(out_flaw, &span->carved, "the used slots of a span",
                    span->carved);
    return false;
}

/* The one block of a RUN or LARGE span lies in it. */
static bool
has_single_flaw(const struct span *span, struct heap_flaw *out_flaw)
{
    if (span->bytes == 0 || span->bytes % SIZECLASS_UNIT != 0)
        return tell(out_flaw, &span->bytes, "the length of a span",
                    span->bytes);
    if (span->records != &span->record)
        return tell(out_flaw, &span->records, "the record of a span",
                    (uintptr_t)span->records);
    if (span->base < span->start || span->base - span->start > span->bytes)
        return tell(out_flaw, &span->base, "the block of a span", span->base);
    if (span->accessible > span->bytes || span->open_at > span->bytes)
        return tell(out_flaw, &span->accessible, "the open pages of a span",
                    span->accessible);
    return false;
}

/* A descriptor of ours, as far as the address can tell. */
static bool
is_descriptor(struct arena *arena, const struct span *span)
{
    return (uintptr_t)span % _Alignof(struct span) == 0 &&
           meta_owns((uintptr_t)span, sizeof(*span), &arena->known);
}

struct span *
inspect_find(struct arena *arena, const struct arena_zone *zone, uintptr_t addr,
             struct heap_flaw *out_flaw)
{
    struct span *span = pagemap_find(addr);
    uintptr_t end = zone->start + zone->units * SIZECLASS_UNIT;

    if (out_flaw != NULL)
        out_flaw->what = NULL;
    if (span == NULL)
        return NULL;
    if (!is_descriptor(arena, span)) {
        (void)tell(out_flaw, (const void *)addr, "the page map for this place",
                   (uintptr_t)span);
        return NULL;
    }
    if (span->start % SIZECLASS_UNIT != 0 || span->start < zone->start ||
        span->start > addr || span->bytes > end - span->start ||
        addr - span->start >= span->bytes) {
        (void)tell(out_flaw, &span->start, "the place of a span", span->start);
        return NULL;
    }
    if (span->arena != arena->index ||
        (span->kind != SPAN_SLOTS && span->kind != SPAN_RUN)) {
        (void)tell(out_flaw, &span->kind, "the kind of a span", span->kind);
        return NULL;
    }
    if (span->kind == SPAN_SLOTS ? has_slots_flaw(arena, span, out_flaw)
                                 : has_single_flaw(span, out_flaw))
        return NULL;
    return span;
}

struct span *
inspect_large(struct arena *arena, struct list_node *node,
              struct heap_flaw *out_flaw)
{
    struct span *span = LIST_ITEM(node, struct span, link);

    if (!is_descriptor(arena, span)) {
        (void)tell(out_flaw, node, "the list of large blocks", (uintptr_t)node);
        return NULL;
    }
    if (pagemap_find(span->start) != span) {
        (void)tell(out_flaw, &span->start, "the place of a large block",
                   span->start);
        return NULL;
    }
    return has_single_flaw(span, out_flaw) ? NULL : span;
}

/* ---- records ---- */

/* The block lies in its slot. In a span of one block the end is not in the
 * record. */
static bool
is_inside(const struct slot *slot, const struct record *record)
{
    const struct span *span = slot->span;
    size_t offset = (size_t)record->offset * 16;
    uintptr_t end = slot->start + offset + record->size + heap_layout.tail;

    if (span->kind != SPAN_SLOTS)
        return offset <= span->bytes;
    return end <= slot->end;
}

bool
heap_record_flaw(const struct slot *slot, const struct record *record,
                 struct heap_flaw *out_flaw)
{
    const struct record *at = slot->record;

    if (record->state > BLOCK_BLANK)
        return tell(out_flaw, &at->state, "the state in a block's record",
                    record->state);
    /* A record that is just being written is FREED or NEVER. */
    if (record->state != BLOCK_LIVE && record->state != BLOCK_QUARANTINED)
        return false;
    if (record->origin >= ORIGIN__COUNT)
        return tell(out_flaw, &at->origin, "the maker in a block's record",
                    record->origin);
    if (!is_inside(slot, record))
        return tell(out_flaw, &at->size, "the size in a block's record",
                    record->size);
    return false;
}

/* ---- everything ---- */

/* The free list of a span of one's own: each slot once, none with a block. */
static bool
has_list_flaw(const struct span *span, struct heap_flaw *out_flaw)
{
    uint32_t length = 0;

    for (uint32_t i = span->free_head; i != SPAN_NONE; i = span->next[i]) {
        if (i >= span->carved)
            return tell(out_flaw, &span->next[i], "the free list of a span", i);
        if (++length > span->carved)
            return tell(out_flaw, span->next,
                        "the free list of a span, which is a ring,", i);
        if (span->records != NULL &&
            atomic_load_explicit(&span->records[i].state,
                                 memory_order_relaxed) == BLOCK_LIVE)
            return tell(out_flaw, &span->next[i],
                        "the free list of a span, which names a slot in use,",
                        i);
    }
    return false;
}

struct inspection {
    const struct tcache *own;
    void (*visit)(const struct heap_flaw *, void *);
    void *context;
};

static void
inspect_zone(struct arena *arena, const struct arena_zone *zone,
             const struct inspection *inspection)
{
    uintptr_t addr = zone->start;
    uintptr_t end = zone->start + zone->committed * SIZECLASS_UNIT;

    while (addr < end) {
        struct heap_flaw flaw;
        struct span *span = inspect_find(arena, zone, addr, &flaw);
        size_t unit = (addr - zone->start) / SIZECLASS_UNIT;
        bool is_used = (zone->used[unit / 64] >> (unit % 64) & 1) != 0;

        if (span == NULL && flaw.what == NULL && is_used)
            (void)tell(&flaw, (const void *)addr, "the page map for this place",
                       0);
        if (span != NULL && span->kind == SPAN_SLOTS &&
            span->owner == inspection->own && has_list_flaw(span, &flaw))
            span->free_head = SPAN_NONE;
        if (flaw.what != NULL)
            inspection->visit(&flaw, inspection->context);
        addr = span != NULL ? span->start + span->bytes : addr + SIZECLASS_UNIT;
    }
}

static void
inspect_arena(struct arena *arena, const struct inspection *inspection)
{
    struct heap_flaw flaw;

    for (struct arena_zone *zone = arena->zones; zone; zone = zone->next)
        inspect_zone(arena, zone, inspection);
    LIST_EACH (node, &arena->large) {
        if (inspect_large(arena, node, &flaw) == NULL) {
            inspection->visit(&flaw, inspection->context);
            return;
        }
    }
}

void
heap_inspect(const struct tcache *own,
             void (*visit)(const struct heap_flaw *, void *), void *context)
{
    struct inspection inspection = {own, visit, context};

    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        if (!arena_enter(&arena_all[i], false))
            continue;
        inspect_arena(&arena_all[i], &inspection);
        arena_leave(&arena_all[i]);
    }
}
