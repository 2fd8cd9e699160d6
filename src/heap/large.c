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

#define KEPT_BYTES_MOST ((size_t)64 << 20)
#define KEPT_EACH_MOST ((size_t)32 << 20)

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

/* Make [start, start + need) accessible and the rest of the space not. The
 * guard is a help: where the kernel has no mappings left, go on without. */
static bool
fit_accessible(struct arena_mapping *mapping, size_t need)
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
drop_mapping(struct arena *arena, unsigned i)
{
    arena->mapping_bytes -= arena->mappings[i].accessible;
    arena->mapping_count--;
    for (; i < arena->mapping_count; i++)
        arena->mappings[i] = arena->mappings[i + 1];
}

/* A kept mapping that fits, newest first. */
static bool
reuse_mapping(struct arena *arena, size_t space, struct arena_mapping *out)
{
    for (unsigned i = arena->mapping_count; i-- > 0;) {
        struct arena_mapping mapping = arena->mappings[i];

        if (mapping.bytes < space || mapping.bytes / 2 > space)
            continue;
        drop_mapping(arena, i);
        *out = mapping;
        return true;
    }
    return false;
}

static void
unmap(struct arena *arena, const struct arena_mapping *mapping)
{
    page_unmap((void *)mapping->start, mapping->bytes);
    arena->reserved -= mapping->bytes;
}

static bool
get_mapping(struct arena *arena, size_t need, size_t offset, size_t align,
            struct arena_mapping *out, bool *out_is_zero)
{
    size_t space = space_for(need);

    *out_is_zero = false;
    if (align <= SIZECLASS_UNIT && reuse_mapping(arena, space, out)) {
        if (fit_accessible(out, need))
            return true;
        unmap(arena, out);
        return false;
    }
    out->start = map_space(space, offset, align);
    if (out->start == 0 && arena_purge(arena))
        out->start = map_space(space, offset, align);
    if (out->start == 0)
        return false;
    out->bytes = space;
    out->accessible = space;
    arena->reserved += space;
    *out_is_zero = true;
    return fit_accessible(out, need); /* shrinks: cannot fail */
}

struct span *
large_open(struct arena *arena, size_t offset, size_t bytes, size_t align,
           struct tcache *owner, bool *out_is_zero)
{
    struct arena_mapping mapping = {0, 0, 0};
    struct span *span;
    size_t need;

    if (!bits_try_add(offset, bytes, &need) || need > PTRDIFF_MAX / 2)
        return NULL;
    need = bits_align_up(need, page_size());
    span = arena_take_span(arena);
    if (span == NULL)
        return NULL;
    if (!get_mapping(arena, need, offset, align, &mapping, out_is_zero)) {
        pool_give(&arena->spans, span);
        return NULL;
    }
    if (pagemap_set(mapping.start, mapping.bytes / SIZECLASS_UNIT, span)) {
        unmap(arena, &mapping);
        pool_give(&arena->spans, span);
        return NULL;
    }
    span->base = mapping.start + heap_layout.lead;
    span->owner = owner;
    span->capacity = 1;
    span->records = &span->record;
    span->start = mapping.start;
    span->bytes = mapping.bytes;
    span->accessible = mapping.accessible;
    span->arena = arena->index;
    list_insert_last(&arena->large, &span->link);
    arena->committed += need;
    __atomic_store_n(&span->kind, SPAN_LARGE, __ATOMIC_RELEASE);
    return span;
}

void
large_close(struct arena *arena, struct span *span)
{
    struct arena_mapping mapping = {span->start, span->bytes, span->accessible};

    pagemap_clear(span->start, span->bytes / SIZECLASS_UNIT);
    __atomic_store_n(&span->kind, SPAN_UNUSED, __ATOMIC_RELEASE);
    list_remove(&span->link);
    arena->committed -= span->accessible;
    pool_give(&arena->spans, span);
    if (mapping.accessible > KEPT_EACH_MOST) {
        unmap(arena, &mapping);
        return;
    }
    while (arena->mapping_count == ARENA_MAPPINGS ||
           (arena->mapping_count > 0 &&
            arena->mapping_bytes + mapping.accessible > KEPT_BYTES_MOST)) {
        unmap(arena, &arena->mappings[0]);
        drop_mapping(arena, 0);
    }
    arena->mappings[arena->mapping_count++] = mapping;
    arena->mapping_bytes += mapping.accessible;
}

/*
 * Move the pages to new address space that has room to grow further. The page
 * map learns the new place first, because that can be refused and the move
 * cannot be undone. The kernel refuses to move pages that it counts as two
 * mappings, as happens after growing in place; the caller then copies.
 */
static bool
move_mapping(struct arena *arena, struct span *span,
             struct arena_mapping *mapping, size_t need)
{
    size_t space = space_for(need + need / 4);
    struct arena_mapping moved;
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
    struct arena_mapping mapping = {span->start, span->bytes, span->accessible};
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
