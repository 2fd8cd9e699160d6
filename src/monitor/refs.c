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
#include "monitor/collect.h"

/* Bytes read at a time. */
#define CHUNK ((size_t)64 << 10)

struct search {
    uintptr_t from; /* values wanted: [from, to) */
    uintptr_t to;
    uintptr_t *words; /* CHUNK bytes */
    struct vector found;
    struct refs_found now; /* what every finding in this range has */
    uintptr_t stack;
    int error;
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
        size_t had = page_read(search->words, (const void *)start, want);

        for (size_t i = 0; i < had / sizeof(uintptr_t); i++) {
            uintptr_t value = arch_strip_tag(search->words[i]);

            if (value >= search->from && value < search->to)
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

static void
search_blocks(struct search *search)
{
    struct vector blocks = VECTOR_INIT(struct block);

    if (collect_blocks(TRACK_WALK_LIVE, &blocks) != 0)
        search->error = -ENOMEM;
    for (size_t i = 0; i < blocks.count; i++) {
        const struct block *block = &VECTOR_AT(&blocks, struct block, i);

        if (block->addr == search->from)
            continue;
        search->now = (struct refs_found){.kind = REFS_BLOCK, .block = *block};
        search_range(search, block->addr, block->addr + block->size);
    }
    vector_fini(&blocks);
}

static bool
search_stack(const struct process_mapping *mapping, void *context)
{
    struct search *search = context;

    if (search->stack < mapping->start || search->stack >= mapping->end)
        return true;
    search->now = (struct refs_found){.kind = REFS_STACK};
    search_range(search, search->stack, mapping->end);
    return false;
}

int
refs_find(uintptr_t addr, uintptr_t stack,
          bool (*visit)(const struct refs_found *, void *), void *context,
          uint64_t *out_visited)
{
    struct search search = {.from = addr,
                            .to = addr + 1,
                            .found = VECTOR_INIT(struct refs_found),
                            .stack = stack};
    struct block block;
    uint64_t visited = 0;

    if (track_examine(addr, &block)) {
        search.from = block.addr;
        search.to = block.addr + (block.size > 0 ? block.size : 1);
    }
    search.words = meta_map(CHUNK);
    if (search.words == NULL)
        return -ENOMEM;
    (void)modules_generation(); /* brings the list up to date */
    modules_each(search_module, &search);
    search_blocks(&search);
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
