/*
 * heap/slot.c - taking, finding, resizing and giving back slots.
 *
 * Up to 32 KiB a block gets a slot of a class; up to 1 MiB a run of units;
 * above that, or with an alignment over a unit, a mapping of its own. Sizes
 * here include the tail that the layout asks for.
 */
#include "heap/heap.h"

#include "base/bits.h"
#include "heap/arena.h"
#include "heap/large.h"
#include "heap/pagemap.h"
#include "os/page.h"

#define RUN_BYTES_MOST ((size_t)1 << 20)
#define ALIGN_DEFAULT ((size_t)16)
#define ALIGN_SLOT_MOST ((size_t)4096)

struct heap_layout heap_layout;

/* Written once, at start. */
static void (*event_hook)(enum heap_event, uintptr_t, size_t, uint32_t);
static void (*closing_hook)(struct tcache *, struct span *);

void
heap_set_event_hook(void (*hook)(enum heap_event, uintptr_t, size_t, uint32_t))
{
    event_hook = hook;
}

void
heap_tell_event(enum heap_event event, uintptr_t start, size_t bytes,
                uint32_t slot_size)
{
    if (event_hook != NULL)
        event_hook(event, start, bytes, slot_size);
}

void
heap_set_closing_hook(void (*hook)(struct tcache *, struct span *))
{
    closing_hook = hook;
}

void
heap_tell_closing(struct tcache *tcache, struct span *span)
{
    if (closing_hook != NULL)
        closing_hook(tcache, span);
}

void
heap_start(const struct heap_layout *layout)
{
    heap_layout = *layout;
    sizeclass_start(layout->lead);
    arena_start();
}

/* One past the last byte of a RUN or LARGE span's slot. A run is only as long
 * as its block needs, in OS pages, so that the rest is never touched. */
static uintptr_t
single_end(const struct span *span)
{
    uintptr_t user = span->base + (uintptr_t)span->record.offset * 16;

    if (span->kind == SPAN_LARGE || span->is_guarded)
        return span->start + span->accessible;
    return bits_align_up(user + span->block_size + heap_layout.tail,
                         page_size());
}

void
heap_slot_alone(struct span *span, struct slot *out_slot)
{
    out_slot->span = span;
    out_slot->index = 0;
    out_slot->is_fresh = false;
    out_slot->is_zero = false;
    out_slot->start = span->base;
    out_slot->end = single_end(span);
    out_slot->record = &span->record;
}

bool
heap_find_single(struct span *span, struct slot *out_slot)
{
    uint8_t kind = __atomic_load_n(&span->kind, __ATOMIC_ACQUIRE);

    if (kind != SPAN_RUN && kind != SPAN_LARGE)
        return false;
    heap_slot_alone(span, out_slot);
    return true;
}

bool
heap_was_used(uintptr_t addr)
{
    return pagemap_find(addr) == NULL && arena_owns(addr);
}

/* ---- taking ---- */

static bool
take_slot(struct tcache *tcache, unsigned class, struct slot *out_slot)
{
    struct span *span = NULL;
    bool is_fresh = false;
    uint32_t index = UNLIKELY(heap_layout.shuffle)
                         ? tcache_take_random(tcache, class, &span)
                         : tcache_take(tcache, class, &span, &is_fresh);

    if (index == SPAN_NONE)
        return false;
    heap_slot_at(span, index, out_slot);
    out_slot->is_fresh = is_fresh;
    out_slot->is_zero = is_fresh && span->is_zero;
    return true;
}

/* Describe the block of a RUN or LARGE span. */
static void
settle_single(struct span *span, uintptr_t user, size_t size, bool is_zero,
              struct slot *out_slot)
{
    span->record.offset = (uint16_t)((user - span->base) / 16);
    span->block_size = size - heap_layout.tail;
    heap_slot_at(span, 0, out_slot);
    out_slot->is_fresh = is_zero;
    out_slot->is_zero = is_zero;
}

static struct span *
open_large(struct tcache *tcache, size_t offset, size_t size, size_t align,
           bool *out_is_zero)
{
    for (unsigned i = 0; i < ARENA_COUNT; i++) {
        struct arena *arena = &arena_all[(tcache->arena + i) % ARENA_COUNT];
        struct span *span;

        if (!arena_enter(arena, tcache->is_nested))
            continue;
        span = large_open(arena, offset, size, align, tcache, out_is_zero);
        arena_leave(arena);
        if (span != NULL)
            return span;
    }
    return NULL;
}

static bool
take_single(struct tcache *tcache, size_t size, size_t align,
            struct slot *out_slot, uintptr_t *out_user)
{
    size_t offset = bits_align_up(heap_layout.lead, align);
    bool is_zero = false;
    struct span *span;
    size_t total;

    if (align > SIZECLASS_UNIT)
        offset = heap_layout.lead == 0 ? 0 : SIZECLASS_UNIT;
    if (!bits_try_add(offset, size, &total))
        return false;
    if (total <= RUN_BYTES_MOST && align <= SIZECLASS_UNIT) {
        size_t units = bits_align_up(total, SIZECLASS_UNIT) / SIZECLASS_UNIT;

        span = tcache_take_run(tcache, units, &is_zero);
    } else {
        span = open_large(tcache, offset, size, align, &is_zero);
        if (span == NULL && tcache->is_nested && align <= SIZECLASS_UNIT &&
            total < PTRDIFF_MAX / 2) {
            is_zero = true;
            span = arena_open_emergency(bits_align_up(total, SIZECLASS_UNIT),
                                        tcache);
        }
    }
    if (span == NULL)
        return false;
    *out_user = span->start + offset;
    settle_single(span, *out_user, size, is_zero, out_slot);
    return true;
}

/* The class for an aligned block; SIZECLASS_COUNT if it needs a run. */
static unsigned
aligned_class(size_t size, size_t align)
{
    if (align > ALIGN_SLOT_MOST || size > SIZECLASS_MAX)
        return SIZECLASS_COUNT;
    if (heap_layout.lead == 0)
        return sizeclass_of_aligned(size, align);
    /* Slots start 16 bytes into a span: make room to move up. */
    size += align - ALIGN_DEFAULT;
    return size > SIZECLASS_MAX ? SIZECLASS_COUNT : sizeclass_of(size);
}

bool
heap_alloc(struct tcache *tcache, size_t size, size_t align,
           struct slot *out_slot, uintptr_t *out_user)
{
    unsigned class;

    if (align <= ALIGN_DEFAULT) {
        align = ALIGN_DEFAULT;
        class = size <= SIZECLASS_MAX ? sizeclass_of(size) : SIZECLASS_COUNT;
    } else {
        class = aligned_class(size, align);
    }
    if (class < SIZECLASS_COUNT) {
        if (take_slot(tcache, class, out_slot)) {
            *out_user = bits_align_up(out_slot->start, align);
            return true;
        }
        /* Without the arena's lock there may be no slot, but there is always
         * a page. */
        if (!tcache->is_nested)
            return false;
    }
    return take_single(tcache, size, align, out_slot, out_user);
}

/* ---- resizing ---- */

static bool
resize_large(struct tcache *tcache, struct slot *slot, size_t size,
             uintptr_t *user)
{
    struct span *span = slot->span;
    struct arena *arena = &arena_all[span->arena];
    size_t offset = *user - span->start;
    bool done;

    if (size <= RUN_BYTES_MOST / 2 || !arena_enter(arena, tcache->is_nested))
        return false;
    done = large_resize(arena, span, offset, size);
    arena_leave(arena);
    if (!done)
        return false;
    *user = span->start + offset;
    span->block_size = size - heap_layout.tail;
    heap_slot_at(span, 0, slot);
    return true;
}

bool
heap_resize(struct tcache *tcache, struct slot *slot, size_t size,
            uintptr_t *user)
{
    struct span *span = slot->span;
    size_t room;

    if (span->kind == SPAN_LARGE)
        return resize_large(tcache, slot, size, user);
    if (span->kind == SPAN_SLOTS) {
        room = slot->end - *user;
        return size <= room && (size >= room / 2 || room <= 64);
    }
    room = span->start + span->bytes - *user;
    if (span->is_guarded || size > room || size < SIZECLASS_MAX ||
        size < room / 2)
        return false;
    span->block_size = size - heap_layout.tail;
    heap_slot_at(span, 0, slot);
    return true;
}
