/*
 * monitor/refs.c - who points to a block.
 */
#include "monitor/refs.h"

#include <elf.h>
#include <errno.h>

#include "meta/meta.h"
#include "meta/vector.h"
#include "os/arch/arch.h"
#include "os/page.h"
#include "os/process.h"
#include "elf/elf.h"
#include "track/track.h"
#include "heap/heap.h"
#include "monitor/collect.h"

/* Bytes read at a time. */
#define CHUNK ((size_t)64 << 10)

struct search {
    const struct refs_search *wanted;
    uint64_t bytes_left;
    uintptr_t *words; /* CHUNK bytes */
    struct vector found;
    struct refs_found now; /* what every finding in this range has */
    int error;
};

/* What a span has of slots that were ever used, or its one block. */
struct extent {
    uintptr_t start;
    uintptr_t end;
};

static void
note(struct search *search, uintptr_t at, uintptr_t value)
{
    struct refs_found *found = vector_add(&search->found);

    if (found == NULL) {
        search->error = -ENOMEM;
        return;
    }
    *found = search->now;
    found->at = at;
    found->value = value;
}

/* Look through the whole words of [start, end), as far as they can be read. */
static void
search_range(struct search *search, uintptr_t start, uintptr_t end)
{
    start = (start + sizeof(uintptr_t) - 1) & ~(sizeof(uintptr_t) - 1);
    while (start < end && end - start >= sizeof(uintptr_t)) {
        size_t want = end - start < CHUNK ? end - start : CHUNK;
        size_t had;

        if (want > search->bytes_left) {
            search->error = -E2BIG;
            return;
        }
        search->bytes_left -= want;
        had = page_read(search->words, (const void *)start, want);
        for (size_t i = 0; i < had / sizeof(uintptr_t); i++) {
            uintptr_t value = arch_strip_tag(search->words[i]);

            if (value >= search->wanted->from && value < search->wanted->to)
                note(search, start + i * sizeof(uintptr_t), search->words[i]);
        }
        if (had < want) /* a hole: go on behind its page */
            had = ((start + had) | (page_size() - 1)) + 1 - start;
        start += had;
    }
}

static bool
search_module(const struct module *module, void *context)
{
    const struct modules_segment *segments;
    struct search *search = context;
    size_t count = modules_segments(module, &segments);
    uintptr_t ours = (uintptr_t)refs_find;

    if (!modules_is_loaded(module) ||
        (ours >= module->start && ours < module->end))
        return true;
    search->now =
        (struct refs_found){.kind = REFS_GLOBAL, .module = module->path};
    for (size_t i = 0; i < count; i++) {
        if ((segments[i].flags & PF_W) != 0)
            search_range(search, segments[i].start, segments[i].end);
    }
    return true;
}

/* ---- blocks ---- */

/* Blocks of another allocator's, each by itself. */
static void
search_known(struct search *search)
{
    struct vector blocks = VECTOR_INIT(struct block);

    if (collect_blocks(TRACK_WALK_LIVE, &blocks) != 0)
        search->error = -ENOMEM;
    for (size_t i = 0; i < blocks.count; i++) {
        const struct block *block = &VECTOR_AT(&blocks, struct block, i);

        if (block->addr == search->wanted->from)
            continue;
        search->now = (struct refs_found){.kind = REFS_BLOCK, .block = *block};
        search_range(search, block->addr, block->addr + block->size);
    }
    vector_fini(&blocks);
}

struct extents {
    struct vector list;
    bool is_short;
};

static bool
add_extent(struct span *span, void *context)
{
    struct extents *extents = context;
    struct extent *extent;

    /* Closed pages hold no live block. */
    if (__atomic_load_n(&span->shield, __ATOMIC_ACQUIRE) != 0)
        return true;
    extent = vector_add(&extents->list);
    if (extent == NULL) {
        extents->is_short = true;
        return false;
    }
    extent->start = span->base;
    extent->end =
        span->kind == SPAN_SLOTS
            ? span_slot(span, span->carved)
            : span->base + (size_t)span->record.offset * 16 + span->block_size;
    return true;
}

/* Keep, of what was found from `first` on, what lies in live blocks. */
static void
keep_in_blocks(struct search *search, size_t first)
{
    size_t kept = first;

    for (size_t i = first; i < search->found.count; i++) {
        struct refs_found found =
            VECTOR_AT(&search->found, struct refs_found, i);

        if (!track_examine(found.at, &found.block) ||
            found.block.state != BLOCK_LIVE ||
            found.block.addr == search->wanted->from ||
            found.at < found.block.addr ||
            found.block.size - (found.at - found.block.addr) <
                sizeof(uintptr_t))
            continue;
        VECTOR_AT(&search->found, struct refs_found, kept++) = found;
    }
    search->found.count = kept;
}

/* Our own heap span by span: that is one look for very many blocks. */
static void
search_heap(struct search *search)
{
    struct extents extents = {.list = VECTOR_INIT(struct extent)};
    size_t first = search->found.count;

    heap_each_span(add_extent, &extents);
    if (extents.is_short)
        search->error = -ENOMEM;
    search->now = (struct refs_found){.kind = REFS_BLOCK};
    for (size_t i = 0; i < extents.list.count; i++) {
        const struct extent *extent =
            &VECTOR_AT(&extents.list, struct extent, i);

        search_range(search, extent->start, extent->end);
    }
    vector_fini(&extents.list);
    keep_in_blocks(search, first);
}

static bool
search_stack(const struct process_mapping *mapping, void *context)
{
    struct search *search = context;
    uintptr_t stack = search->wanted->stack;

    if (stack < mapping->start || stack >= mapping->end)
        return true;
    search->now = (struct refs_found){.kind = REFS_STACK};
    search_range(search, stack, mapping->end);
    return false;
}

int
refs_find(const struct refs_search *wanted,
          bool (*visit)(const struct refs_found *, void *), void *context,
          uint64_t *out_visited)
{
    struct search search = {
        .wanted = wanted,
        .bytes_left = wanted->bytes_most != 0 ? wanted->bytes_most : UINT64_MAX,
        .found = VECTOR_INIT(struct refs_found),
    };
    uint64_t visited = 0;

    *out_visited = 0;
    search.words = meta_map(CHUNK);
    if (search.words == NULL)
        return -ENOMEM;
    (void)modules_generation(); /* brings the list up to date */
    modules_each(search_module, &search);
    if (track_is_observing())
        search_known(&search);
    else
        search_heap(&search);
    if (wanted->stack != 0)
        (void)!process_each_mapping(search_stack, &search);
    meta_unmap(search.words, CHUNK);
    while (visited < search.found.count) {
        const struct refs_found *found =
            &VECTOR_AT(&search.found, struct refs_found, visited);

        visited++;
        if (!visit(found, context))
            break;
    }
    vector_fini(&search.found);
    *out_visited = visited;
    return search.error;
}
