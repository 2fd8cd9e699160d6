/*
 * leak/shadow.c - a word per slot of the heap: what a scan knows of its block.
 *
 * Numbers are given out span by span, as many as the span has slots, so they
 * are as dense as the heap. To find the block of a number, the spans are walked
 * again; that is done once per phase and not per block.
 */
#include "leak/shadow.h"

#include <errno.h>

#include "meta/meta.h"
#include "track/track.h"

/* Of the one scan that runs. */
struct shadow shadow_now;

struct maker {
    uint64_t count;
    void (*root)(uintptr_t start, size_t bytes);
};

static bool
count_span(struct span *span, void *context)
{
    struct maker *maker = context;

    maker->count += span->kind == SPAN_SLOTS ? span->capacity : 1;
    return true;
}

/* A single block in the middle of a realloc is in no state that tells; it is
 * there all the same. */
static bool
is_between(const struct span *span, unsigned state)
{
    return span->kind != SPAN_SLOTS && state == BLOCK_NEVER &&
           span->record.alloc_stack != 0;
}

static shadow_word
word_of(const struct span *span, const struct record *record)
{
    size_t size = span->kind == SPAN_SLOTS ? record->size : span->block_size;
    size_t words = size / sizeof(uintptr_t);
    shadow_word word = SHADOW_LIVE;

    word |= (shadow_word)(words < SHADOW_LONG ? words : SHADOW_LONG);
    if (record->offset != 0)
        word |= SHADOW_ODD;
    shadow_now.blocks++;
    shadow_now.bytes += size;
    return word;
}

static bool
shade_span(struct span *span, void *context)
{
    struct maker *maker = context;
    bool is_slots = span->kind == SPAN_SLOTS;
    uint32_t used = is_slots ? span->carved : 1;
    uintptr_t end = span->start + span->bytes;

    if (maker->count + span->capacity > shadow_now.count)
        return false; /* cannot be: nothing opens a span meanwhile */
    span->scan_base = (uint32_t)maker->count;
    for (uint32_t i = 0; i < used; i++) {
        const struct record *record = &span->records[i];
        uintptr_t start = is_slots ? span_slot(span, i) : span->base;
        unsigned state = record->state;
        bool is_ours = state == BLOCK_LIVE && record->origin == ORIGIN_INTERNAL;

        if (UNLIKELY(is_ours || is_between(span, state)))
            maker->root(start + (uintptr_t)record->offset * 16,
                        is_slots ? record->size : span->block_size);
        else if (state == BLOCK_LIVE)
            shadow_now.words[maker->count + i] = word_of(span, record);
    }
    maker->count += is_slots ? span->capacity : 1;
    if (span->start < shadow_now.low)
        shadow_now.low = span->start;
    if (end > shadow_now.high)
        shadow_now.high = end;
    return true;
}

int
shadow_make(void (*root)(uintptr_t start, size_t bytes))
{
    struct maker maker = {.count = 0, .root = root};

    shadow_now = (struct shadow){.low = UINTPTR_MAX, .high = 0};
    heap_each_span(count_span, &maker);
    if (maker.count == 0)
        return 0;
    if (maker.count >= UINT32_MAX)
        return -ENOMEM; /* 4 billion slots: more than a shadow numbers */
    shadow_now.count = maker.count;
    shadow_now.words = meta_map(maker.count * sizeof(shadow_word));
    shadow_now.parents = meta_map(maker.count * sizeof(uint32_t));
    if (shadow_now.words == NULL || shadow_now.parents == NULL)
        return -ENOMEM;
    maker.count = 0;
    heap_each_span(shade_span, &maker);
    return 0;
}

void
shadow_drop(void)
{
    if (shadow_now.words != NULL)
        meta_unmap(shadow_now.words, shadow_now.count * sizeof(shadow_word));
    if (shadow_now.parents != NULL)
        meta_unmap(shadow_now.parents, shadow_now.count * sizeof(uint32_t));
    shadow_now = (struct shadow){.low = UINTPTR_MAX, .high = 0};
}

struct each {
    unsigned wanted, unwanted;
    void (*visit)(const struct shadow_block *block);
};

static bool
each_in_span(struct span *span, void *context)
{
    const struct each *each = context;
    uint32_t used = span->kind == SPAN_SLOTS ? span->carved : 1;
    const shadow_word *words = &shadow_now.words[span->scan_base];

    for (uint32_t i = 0; i < used; i++) {
        struct shadow_block block;

        if ((words[i] & (each->wanted | each->unwanted)) != each->wanted)
            continue;
        block.addr = shadow_user(span, i, words[i]);
        block.size = shadow_size(span, i);
        block.number = span->scan_base + i;
        each->visit(&block);
    }
    return true;
}

void
shadow_each(unsigned wanted, unsigned unwanted,
            void (*visit)(const struct shadow_block *block))
{
    struct each each = {wanted, unwanted, visit};

    if (shadow_now.count > 0)
        heap_each_span(each_in_span, &each);
}
