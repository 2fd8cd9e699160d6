/*
 * heap/large.c - mapping, keeping and moving large blocks.
 *
 * Reuse: a kept mapping serves a request that needs at least half of it. What
 * it has too much is made inaccessible; a lot of that is given back to the
 * kernel as well. Kept mappings are bounded in number and bytes, oldest out
 * first.
 */
#include "heap/large.h"

#include "base/bits.h"
#include "heap/heap.h"
#include "heap/pagemap.h"
#include "os/page.h"

/* Kept: as much as is in use in the arena divided by this, and a little in any
 * case. */
#define KEPT_SHARE 2
#define KEPT_BYTES_LEAST ((size_t)24 << 20)

/* Address space for `accessible` bytes and a guard page at least. */
static size_t
space_for(size_t accessible)
{
    return bits_align_up(accessible + page_size(), SIZECLASS_UNIT);
}

/*
 * Address space of `bytes` whose byte `offset` lies on a multiple of `align`,
 * readable and writable.
 */
static uintptr_t
map_space(size_t bytes, size_t offset, size_t align)
{
    size_t more, head;
    char *p;

    if (align <= SIZECLASS_UNIT || offset == 0)
        return (uintptr_t)page_map_aligned(
            bytes, align > SIZECLASS_UNIT ? align : SIZECLASS_UNIT, true);
    if (!bits_try_add(bytes, align, &more))
        return 0;
    p = page_map_aligned(more, SIZECLASS_UNIT, false);
    if (p == NULL)
        return 0;
    head = bits_align_up((uintptr_t)p + offset, align) - offset - (uintptr_t)p;
    if (page_commit(p + head, bytes) != 0) {
        page_unmap(p, more);
        return 0;
    }
    if (head != 0)
        page_unmap(p, head);
    if (more - head - bytes != 0)
        page_unmap(p + head + bytes, more - head - bytes);
    return (uintptr_t)p + head;
}

/* What a span has of its mapping, while that is being changed. */
struct mapping {
    uintptr_t start;
    size_t bytes;      /* of address space */
    size_t accessible; /* bytes from start that are not protected */
};

/* Make [start, start + need) accessible and the rest of the space not. The
 * guard is a help: where the kernel has no mappings left, go on without. */
static bool
fit_accessible(struct mapping *mapping, size_t need)
{
    char *p = (char *)mapping->start;

    if (need > mapping->accessible) {
        if (page_commit(p + mapping->accessible, need - mapping->accessible))
            return false;
        mapping->accessible = need;
    } else if (need < mapping->accessible) {
        size_t excess = mapping->accessible - need;

        if (excess > need / 8)
            page_discard(p + need, excess);
        if (page_protect(p + need, excess) == 0)
            mapping->accessible = need;
    }
    return true;
}

static void
unmap(struct arena *arena, const struct mapping *mapping)
{
    page_unmap((void *)mapping->start, mapping->bytes);
    arena->reserved -= mapping->bytes;
}

/* ---- spans that are kept ---- */

static struct span *
take_kept(struct arena *arena, unsigned i)
{
    struct span *span = arena->kept[i];

    arena->kept_bytes -= span->accessible;
    arena->kept_count--;
    for (; i < arena->kept_count; i++)
        arena->kept[i] = arena->kept[i + 1];
    return span;
}

/* Nothing of the span is left but its descriptor, in the pool. */
static void
destroy(struct arena *arena, struct span *span)
{
    struct mapping mapping = {span->start, span->bytes, span->accessible};

    pagemap_clear(span->start, span->bytes / SIZECLASS_UNIT);
    __atomic_store_n(&span->kind, SPAN_UNUSED, __ATOMIC_RELEASE);
    list_remove(&span->link);
    unmap(arena, &mapping);
    pool_give(&arena->spans, span);
}

bool
large_drop_kept(struct arena *arena, size_t most)
{
    bool any = false;

    while (arena->kept_count > 0 && arena->kept_bytes > most) {
        destroy(arena, take_kept(arena, 0));
        any = true;
    }
    return any;
}

/* A kept span that fits, the newest first, with `need` bytes accessible and
 * its byte `offset` on a multiple of `align`. */
static struct span *
reuse_kept(struct arena *arena, size_t need, size_t offset, size_t align)
{
    size_t space = space_for(need);

    for (unsigned i = arena->kept_count; i-- > 0;) {
        struct span *span = arena->kept[i];
        struct mapping mapping;

        if (span->bytes < space || span->bytes / 2 > space ||
            ((span->start + offset) & (align - 1)) != 0)
            continue;
        (void)take_kept(arena, i); /* it is `span` */
        mapping = (struct mapping){span->start, span->bytes, span->accessible};
        if (!fit_accessible(&mapping, need)) {
            destroy(arena, span);
            return NULL;
        }
        span->accessible = mapping.accessible;
        return span;
    }
    return NULL;
}

/* ---- opening and closing ---- */

static struct span *
open_fresh(struct arena *arena, size_t need, size_t offset, size_t align)
{
    struct mapping mapping;
    struct span *span = arena_take_span(arena);

    if (span == NULL)
        return NULL;
    mapping.bytes = mapping.accessible = space_for(need);
    mapping.start = map_space(mapping.bytes, offset, align);
    if (mapping.start == 0 && arena_purge(arena))
        mapping.start = map_space(mapping.bytes, offset, align);
    if (mapping.start != 0 &&
        pagemap_set(mapping.start, mapping.bytes / SIZECLASS_UNIT, span)) {
        page_unmap((void *)mapping.start, mapping.bytes);
        mapping.start = 0;
    }
    if (mapping.start == 0) {
        pool_give(&arena->spans, span);
        return NULL;
    }
    (void)fit_accessible(&mapping, need); /* it shrinks: cannot fail */
    arena->reserved += mapping.bytes;
    span->start = mapping.start;
    span->bytes = mapping.bytes;
    span->accessible = mapping.accessible;
    span->base = mapping.start + heap_layout.lead;
    span->capacity = 1;
    span->records = &span->record;
    span->arena = arena->index;
    list_insert_last(&arena->large, &span->link);
    __atomic_store_n(&span->kind, SPAN_LARGE, __ATOMIC_RELEASE);
    return span;
}

struct span *
large_open(struct arena *arena, size_t offset, size_t bytes, size_t align,
           struct tcache *owner, bool *out_is_zero)
{
    struct span *span;
    size_t need;

    if (!bits_try_add(offset, bytes, &need) || need > PTRDIFF_MAX / 2)
        return NULL;
    need = bits_align_up(need, page_size());
    *out_is_zero = false;
    span = reuse_kept(arena, need, offset, align);
    if (span == NULL) {
        span = open_fresh(arena, need, offset, align);
        *out_is_zero = true;
    }
    if (span == NULL)
        return NULL;
    span->owner = owner;
    arena->committed += span->accessible;
    heap_tell_event(HEAP_EVENT_LARGE_OPEN, span->start, span->accessible, 0);
    return span;
}

void
large_close(struct arena *arena, struct span *span)
{
    size_t most = (size_t)arena->committed / KEPT_SHARE;

    most = most < KEPT_BYTES_LEAST ? KEPT_BYTES_LEAST : most;
    arena->committed -= span->accessible;
    heap_tell_event(HEAP_EVENT_LARGE_CLOSE, span->start, span->accessible, 0);
    if (span->accessible > most) {
        destroy(arena, span);
        return;
    }
    if (arena->kept_count == ARENA_KEPT)
        destroy(arena, take_kept(arena, 0));
    (void)large_drop_kept(arena, most - span->accessible);
    arena->kept[arena->kept_count++] = span;
    arena->kept_bytes += span->accessible;
}

/* ---- resizing ---- */

/*
 * Move the pages to new address space that has room to grow further. The page
 * map learns the new place first, because that can be refused and the move
 * cannot be undone. The kernel refuses to move pages that it counts as two
 * mappings, as happens after growing in place; the caller then copies.
 */
static bool
move_mapping(struct arena *arena, struct span *span,
             struct mapping *mapping, size_t need)
{
    size_t space = space_for(need + need / 4);
    struct mapping moved;
    char *p = page_map_aligned(space, SIZECLASS_UNIT, false);

    if (p == NULL) {
        space = space_for(need);
        p = page_map_aligned(space, SIZECLASS_UNIT, false);
    }
    if (p == NULL)
        return false;
    if (pagemap_set((uintptr_t)p, space / SIZECLASS_UNIT, span) != 0) {
        page_unmap(p, space);
        return false;
    }
    if (page_remap_to((void *)mapping->start, mapping->accessible, need, p)) {
        pagemap_clear((uintptr_t)p, space / SIZECLASS_UNIT);
        page_unmap(p, space);
        return false;
    }
    pagemap_clear(mapping->start, mapping->bytes / SIZECLASS_UNIT);
    if (mapping->bytes > mapping->accessible)
        page_unmap((char *)mapping->start + mapping->accessible,
                   mapping->bytes - mapping->accessible);
    moved.start = (uintptr_t)p;
    moved.bytes = space;
    moved.accessible = need;
    arena->reserved += moved.bytes - mapping->bytes;
    *mapping = moved;
    return true;
}

bool
large_resize(struct arena *arena, struct span *span, size_t offset,
             size_t bytes)
{
    struct mapping mapping = {span->start, span->bytes, span->accessible};
    size_t need;

    if (!bits_try_add(offset, bytes, &need) || need > PTRDIFF_MAX / 2)
        return false;
    need = bits_align_up(need, page_size());
    if (need <= span->accessible || need + page_size() <= span->bytes) {
        if (!fit_accessible(&mapping, need))
            return false;
    } else {
        if (!move_mapping(arena, span, &mapping, need))
            return false;
        span->base = mapping.start + heap_layout.lead;
    }
    arena->committed += mapping.accessible - span->accessible;
    span->start = mapping.start;
    span->bytes = mapping.bytes;
    span->accessible = mapping.accessible;
    return true;
}
