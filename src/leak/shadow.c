/*
 * leak/shadow.c - a word per slot of the heap: what a scan knows of its block.
 *
 * Numbers are given out span by span, as many as the span has slots, so they
 * are as dense as the heap. To find the block of a number, the spans are walked
 * again; that is done once per phase and not per block.
 */
#include "leak/shadow.h"

#include <errno.h>

#include "base/bits.h"
#include "meta/meta.h"
#include "os/page.h"
#include "track/track.h"

#define SHADOW_EMPTY                                                           \
    {                                                                          \
        .low = UINTPTR_MAX, .places = VECTOR_INIT(struct shadow_place)         \
    }

/* Of the one scan that runs. */
struct shadow shadow_now = SHADOW_EMPTY;

/* Of glibc's malloc on 64-bit machines, in bytes. */
#define CHUNK_HEADER sizeof(size_t)
#define CHUNK_ALIGN ((size_t)16)
#define CHUNK_LEAST ((size_t)32)

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
           span->record.size != 0;
}

static shadow_word
word_of(size_t size, bool is_odd)
{
    size_t words = size / sizeof(uintptr_t);
    shadow_word word = SHADOW_LIVE;

    word |= (shadow_word)(words < SHADOW_LONG ? words : SHADOW_LONG);
    if (is_odd)
        word |= SHADOW_ODD;
    shadow_now.blocks++;
    shadow_now.bytes += size;
    return word;
}

static void
widen(uintptr_t start, uintptr_t end)
{
    if (start < shadow_now.low)
        shadow_now.low = start;
    if (end > shadow_now.high)
        shadow_now.high = end;
}

static void
add(uint64_t number, shadow_word word)
{
    shadow_now.words[number] = word;
    shadow_now.open[number / 64] |= (uint64_t)1 << (number % 64);
}

static bool
shade_span(struct span *span, void *context)
{
    struct maker *maker = context;
    bool is_slots = span->kind == SPAN_SLOTS;
    uint32_t used = is_slots ? span->carved : 1;

    if (maker->count + span->capacity > shadow_now.slots)
        return false; /* cannot be: nothing opens a span meanwhile */
    span->scan_base = (uint32_t)maker->count;
    for (uint32_t i = 0; i < used; i++) {
        const struct record *record = &span->records[i];
        uintptr_t start = is_slots ? span_slot(span, i) : span->base;
        unsigned state = record->state;
        bool is_ours = state == BLOCK_LIVE && record->origin == ORIGIN_INTERNAL;

        if (UNLIKELY(is_ours || is_between(span, state)))
            maker->root(start + (uintptr_t)record->offset * 16,
                        shadow_size(span, i));
        else if (state == BLOCK_LIVE)
            add(maker->count + i,
                word_of(shadow_size(span, i), record->offset != 0));
    }
    maker->count += is_slots ? span->capacity : 1;
    widen(span->start, span->start + span->bytes);
    return true;
}

/* ---- blocks of another allocator's ---- */

static bool
add_place(const struct block *block, void *context)
{
    struct shadow_place *place = vector_add(&shadow_now.places);

    if (place == NULL) {
        *(bool *)context = true;
        return false;
    }
    place->addr = block->addr;
    place->size = block->size;
    return true;
}

static int
compare_places(const void *a, const void *b)
{
    const struct shadow_place *left = a;
    const struct shadow_place *right = b;

    return left->addr < right->addr ? -1 : left->addr > right->addr;
}

static int
find_places(void)
{
    bool failed = false;

    if (!track_is_observing())
        return 0;
    (void)track_walk(TRACK_WALK_LIVE, add_place, &failed);
    vector_sort(&shadow_now.places, compare_places);
    return failed ? -ENOMEM : 0;
}

static void
shade_places(void)
{
    for (size_t i = 0; i < shadow_now.places.count; i++) {
        const struct shadow_place *place =
            &VECTOR_AT(&shadow_now.places, struct shadow_place, i);

        add(shadow_now.slots + i, word_of(place->size, false));
        widen(place->addr, place->addr + (place->size | 1));
    }
}

/*
 * How far into a block of `size` bytes a pointer is one into it. glibc's chunk
 * headers overlap the last word of the block before, and its lists of free
 * chunks point to headers: such a word is not the program's.
 */
static size_t
reach(size_t size)
{
    size_t chunk = bits_align_up(size + CHUNK_HEADER, CHUNK_ALIGN);

    chunk = chunk < CHUNK_LEAST ? CHUNK_LEAST : chunk;
    return size < chunk - CHUNK_ALIGN ? size : chunk - CHUNK_ALIGN;
}

bool
shadow_find_place(uintptr_t addr, uint32_t *out_index)
{
    const struct shadow_place *places = shadow_now.places.items;
    size_t low = 0;
    size_t high = shadow_now.places.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (places[middle].addr <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 ||
        (addr != places[low - 1].addr &&
         addr - places[low - 1].addr >= reach(places[low - 1].size)))
        return false;
    *out_index = (uint32_t)(low - 1);
    return true;
}

void
shadow_overlaps(void (*visit)(uintptr_t outer, uintptr_t inner, void *context),
                void *context)
{
    const struct shadow_place *places = shadow_now.places.items;
    const struct shadow_place *widest = places; /* that ends last so far */

    for (size_t i = 1; i < shadow_now.places.count; i++) {
        if (places[i].addr - widest->addr < widest->size)
            visit(widest->addr, places[i].addr, context);
        if (places[i].addr + places[i].size > widest->addr + widest->size)
            widest = &places[i];
    }
}

/* ---- the whole ---- */

static size_t
open_bytes(void)
{
    return (shadow_now.count + 63) / 64 * sizeof(uint64_t);
}

int
shadow_make(void (*root)(uintptr_t start, size_t bytes))
{
    struct maker maker = {.count = 0, .root = root};

    shadow_now = (struct shadow)SHADOW_EMPTY;
    if (find_places() != 0)
        return -ENOMEM;
    heap_each_span(count_span, &maker);
    shadow_now.slots = maker.count;
    maker.count += shadow_now.places.count;
    if (maker.count == 0)
        return 0;
    if (maker.count >= UINT32_MAX)
        return -ENOMEM; /* 4 billion slots: more than a shadow numbers */
    shadow_now.count = maker.count;
    shadow_now.words = meta_map(maker.count * sizeof(shadow_word));
    shadow_now.open = meta_map(open_bytes());
    shadow_now.parents = meta_map(maker.count * sizeof(uint32_t));
    if (shadow_now.words == NULL || shadow_now.open == NULL ||
        shadow_now.parents == NULL)
        return -ENOMEM;
    /* Both are met at random. */
    page_prefer_huge(shadow_now.words, maker.count * sizeof(shadow_word));
    page_prefer_huge(shadow_now.open, open_bytes());
    maker.count = 0;
    heap_each_span(shade_span, &maker);
    shade_places();
    return 0;
}

void
shadow_drop(void)
{
    if (shadow_now.words != NULL)
        meta_unmap(shadow_now.words, shadow_now.count * sizeof(shadow_word));
    if (shadow_now.open != NULL)
        meta_unmap(shadow_now.open, open_bytes());
    if (shadow_now.parents != NULL)
        meta_unmap(shadow_now.parents, shadow_now.count * sizeof(uint32_t));
    vector_fini(&shadow_now.places);
    shadow_now = (struct shadow)SHADOW_EMPTY;
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

    if (shadow_now.count == 0)
        return;
    heap_each_span(each_in_span, &each);
    for (size_t i = 0; i < shadow_now.places.count; i++) {
        const struct shadow_place *place =
            &VECTOR_AT(&shadow_now.places, struct shadow_place, i);
        struct shadow_block block = {place->addr, place->size,
                                     (uint32_t)(shadow_now.slots + i)};

        if ((shadow_now.words[block.number] & (wanted | unwanted)) == wanted)
            visit(&block);
    }
}
