/*
 * heap/close.c - closing the pages of blocks that were freed.
 *
 * The arena's lock is held while pages close, so a walk, which holds it too,
 * never finds them closed under a block that it took for live.
 */
#include "heap/heap.h"

#include "heap/arena.h"
#include "heap/shield.h"
#include "os/page.h"

/* The pages of the span that can be touched. */
static size_t
touchable(const struct span *span)
{
    if (span->is_guarded)
        return span->accessible - span->open_at;
    return span->kind == SPAN_LARGE ? span->accessible : span->bytes;
}

static enum shield_way
close_touchable(const struct span *span, size_t bytes)
{
    enum shield_way way = (enum shield_way)span->way;

    if (!span->is_guarded)
        return shield_close(span->start, bytes);
    if (bytes != 0 &&
        !shield_close_part(span->start + span->open_at, bytes, way))
        return SHIELD_OPEN;
    return way;
}

/* Close the span's pages, which its arena counts as committed. */
static bool
close_pages(struct arena *arena, struct span *span)
{
    size_t bytes = touchable(span);
    enum shield_way way = close_touchable(span, bytes);

    if (way == SHIELD_OPEN)
        return false;
    __atomic_store_n(&span->shield, (uint8_t)way, __ATOMIC_RELEASE);
    arena->committed -= bytes;
    arena_tell_closed(arena, span->start);
    return true;
}

bool
heap_shield(struct tcache *tcache, const struct slot *slot)
{
    struct span *span = slot->span;
    struct arena *arena = &arena_all[span->arena];
    bool done;

    if (span->is_emergency || !arena_enter(arena, tcache->is_nested))
        return false;
    done = close_pages(arena, span);
    arena_leave(arena);
    return done;
}

bool
heap_unshield(const struct slot *slot)
{
    struct span *span = slot->span;
    size_t bytes = touchable(span);

    /* A guarded span stays closed: guarded_give wants it so. */
    if (span->shield == SHIELD_OPEN || span->is_guarded)
        return true;
    if (!shield_open(span->start, bytes, (enum shield_way)span->shield))
        return false;
    __atomic_store_n(&span->shield, SHIELD_OPEN, __ATOMIC_RELEASE);
    arena_all[span->arena].committed += bytes;
    return true;
}

bool
heap_spend(const struct slot *slot)
{
    struct span *span = slot->span;

    return atomic_fetch_add(&span->spent, 1) + 1 == span->capacity;
}

void
heap_close_spent(struct tcache *tcache, struct span *span)
{
    struct arena *arena = &arena_all[span->arena];

    if (!arena_enter(arena, tcache->is_nested))
        return;
    (void)close_pages(arena, span); /* then they stay, and are verified */
    arena_leave(arena);
}
