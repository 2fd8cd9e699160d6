/*
 * leak/roots.c - where reachability starts.
 *
 * The list of mappings is read first and the holes in it afterwards: the
 * heap's zones, the blocks of another allocator's and the library's pages.
 * Whatever the library mapped before is then among the holes, so a list that
 * grew while it was read does no harm; and nothing is unmapped in between.
 */
#include "leak/roots.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/text.h"
#include "elf/elf.h"
#include "heap/heap.h"
#include "meta/meta.h"
#include "meta/vector.h"
#include "os/page.h"
#include "os/process.h"
#include "os/thread.h"
#include "leak/careful.h"
#include "leak/mark.h"
#include "leak/shadow.h"

/* More places than are counted, for what is mapped in between. */
#define ROOTS_SPARE 64

/* glibc puts a thread's control block on top of its stack, aligned to a cache
 * line at least; its descriptor is shorter than this. */
#define ROOTS_TOP ((size_t)8192)

/* Where the kernel's id of a thread may stand in its control block, counted in
 * 32-bit words: behind what the ABI fixes, well before the block's end. */
#define ROOTS_ID_LEAST 64
#define ROOTS_ID_MOST 512

enum root_kind { ROOT_PLAIN, ROOT_MAIN_STACK };

/* A piece of memory that may be a root. */
struct area {
    uintptr_t start, end;
    uint8_t kind; /* enum root_kind */
    bool is_anonymous;
    bool is_guarded; /* what lies right before it cannot be accessed */
};

struct range {
    uintptr_t start, end;
};

/* Of the one scan that runs. */
static struct vector roots_areas = VECTOR_INIT(struct area);
static struct vector roots_holes = VECTOR_INIT(struct range);
static struct vector roots_added = VECTOR_INIT(struct range);

void
roots_begin(void)
{
    vector_clear(&roots_added);
}

void
roots_end(void)
{
    vector_fini(&roots_areas);
    vector_fini(&roots_holes);
    vector_fini(&roots_added);
}

void
roots_add(uintptr_t start, size_t bytes)
{
    struct range *range = vector_add(&roots_added);

    if (range != NULL) {
        range->start = start;
        range->end = start + bytes;
    } else {
        /* Without memory for the list it is marked at once. */
        (void)careful_read(start, start + bytes, mark_words);
    }
}

/* ---- what is mapped ---- */

static bool
count_mapping(const struct process_mapping *mapping, void *context)
{
    (void)mapping;
    ++*(size_t *)context;
    return true;
}

static bool
is_root(const struct process_mapping *mapping)
{
    /* Shared memory without a file; a device would be another matter. */
    if (mapping->shared)
        return mapping->writable && text_has_prefix(mapping->path, "/dev/zero");
    /* A program may write its tables and protect them. */
    return mapping->writable || (mapping->inode == 0 && !mapping->executable);
}

/* What the walk over the mappings keeps. */
struct reader {
    uintptr_t barred_end; /* of the last mapping that cannot be accessed */
    bool is_full;
};

static bool
add_mapping(const struct process_mapping *mapping, void *context)
{
    struct reader *reader = context;
    struct area *area;

    if (!mapping->readable) {
        reader->barred_end = mapping->end;
        if (shadow_has_places() || pagemap_find(mapping->start) != NULL ||
            pagemap_find(mapping->end - 1) != NULL)
            careful_bar(mapping->start, mapping->end);
        return true;
    }
    if (!is_root(mapping))
        return true;
    if (roots_areas.count == roots_areas.capacity) {
        reader->is_full = true;
        return false;
    }
    area = vector_add(&roots_areas);
    area->start = mapping->start;
    area->end = mapping->end;
    area->is_anonymous = mapping->inode == 0;
    area->is_guarded = reader->barred_end == mapping->start;
    area->kind =
        text_is_equal(mapping->path, "[stack]") ? ROOT_MAIN_STACK : ROOT_PLAIN;
    return true;
}

/* ---- holes ---- */

static bool
add_hole(uintptr_t start, uintptr_t end, void *context)
{
    struct range *hole = vector_add(&roots_holes);

    if (hole == NULL) {
        *(bool *)context = true;
        return false;
    }
    hole->start = start;
    hole->end = end;
    return true;
}

/*
 * The library's own variables. In a static program they lie among the
 * program's, and cannot be told from them.
 */
static bool
add_our_module(const struct module *module, void *context)
{
    uintptr_t here = (uintptr_t)&roots_areas;
    uintptr_t entry = process_aux(AT_ENTRY);
    const struct modules_segment *segments;
    size_t count = modules_segments(module, &segments);
    bool is_ours = false;

    for (size_t i = 0; i < count; i++) {
        if (entry >= segments[i].start && entry < segments[i].end)
            return true;
        is_ours |= here >= segments[i].start && here < segments[i].end;
    }
    if (!is_ours || !modules_is_loaded(module))
        return true;
    for (size_t i = 0; i < count; i++) {
        if ((segments[i].flags & PF_W) != 0 &&
            !add_hole(segments[i].start,
                      bits_align_up(segments[i].end, page_size()), context))
            return false;
    }
    return false;
}

static int
compare_ranges(const void *a, const void *b)
{
    const struct range *left = a;
    const struct range *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

static int
find_holes(void)
{
    bool failed = false;

    heap_each_range(add_hole, &failed);
    for (size_t i = 0; i < shadow_now.places.count && !failed; i++) {
        const struct shadow_place *place =
            &VECTOR_AT(&shadow_now.places, struct shadow_place, i);

        (void)add_hole(place->addr, place->addr + place->size, &failed);
    }
    modules_each(add_our_module, &failed);
    /* The last one, for the list itself grows by pages of the library's; room
     * for that was made before. */
    meta_each(add_hole, &failed);
    vector_sort(&roots_holes, compare_ranges);
    return failed ? -ENOMEM : 0;
}

static bool
count_range(uintptr_t start, uintptr_t end, void *context)
{
    (void)start;
    (void)end;
    ++*(size_t *)context;
    return true;
}

/* Room for all that the lists will hold. */
static int
make_room(void)
{
    size_t mappings = ROOTS_SPARE;
    size_t holes = ROOTS_SPARE + shadow_now.places.count;
    int error;

    (void)process_each_mapping(count_mapping, &mappings); /* seen again */
    heap_each_range(count_range, &holes);
    meta_each(count_range, &holes);
    error = vector_reserve(&roots_areas, mappings);
    return error != 0 ? error : vector_reserve(&roots_holes, holes);
}

/* ---- marking ---- */

/* Mark from [start, end) less the holes. */
static void
mark_between(uintptr_t start, uintptr_t end, struct snapshot_scan *scan)
{
    size_t low = 0;
    size_t high = roots_holes.count;

    while (low < high) { /* the first hole that ends after `start` */
        size_t middle = low + (high - low) / 2;

        if (VECTOR_AT(&roots_holes, struct range, middle).end <= start)
            low = middle + 1;
        else
            high = middle;
    }
    for (; start < end; low++) {
        const struct range *hole =
            low < roots_holes.count
                ? &VECTOR_AT(&roots_holes, struct range, low)
                : NULL;
        uintptr_t stop = hole == NULL || hole->start > end ? end : hole->start;

        if (start < stop)
            scan->root_bytes += careful_read(start, stop, mark_words);
        if (hole == NULL)
            return;
        start = hole->end > start ? hole->end : start;
    }
}

/* The control block of a thread on top of a stack, or 0. Read by copies: any
 * page of it may be closed in ways that the list of mappings does not tell. */
static uintptr_t
find_control_block(const struct area *area)
{
    static uintptr_t top[ROOTS_TOP / sizeof(uintptr_t)];
    uintptr_t low = area->end - area->start < ROOTS_TOP ? area->start
                                                        : area->end - ROOTS_TOP;
    uintptr_t found = 0;
    struct slot slot;

    if (!area->is_anonymous || area->kind != ROOT_PLAIN ||
        heap_find(area->end - 1, &slot))
        return 0;
    for (size_t from = low, step; from < area->end && found == 0;
         from += step) {
        step = bits_align_down(from, page_size()) + page_size() - from;
        if (page_read(top, (const void *)from, step) != step)
            continue;
        for (size_t i = 0; i < step && found == 0; i += CACHE_LINE) {
            if (arch_is_thread_block(&top[i / sizeof(uintptr_t)], from + i))
                found = from + i;
        }
    }
    memset(top, 0, sizeof(top)); /* no roots in a static program */
    return found;
}

/*
 * Where in a control block libc keeps the kernel's id of the thread: learnt
 * from the calling thread's own. 0 if it is not found.
 */
static __attribute__((no_sanitize("address"))) size_t
find_id_offset(void)
{
    const uint32_t *words = (const uint32_t *)arch_thread_pointer();
    uint32_t tid = (uint32_t)thread_id();

    for (size_t i = ROOTS_ID_LEAST; i < ROOTS_ID_MOST; i++) {
        if (words[i] == tid)
            return i * sizeof(uint32_t);
    }
    return 0;
}

/* libc writes -1 there when somebody has fetched the thread's result; what the
 * block still holds of it points to nothing any more. */
static __attribute__((no_sanitize("address"))) bool
is_joined(uintptr_t control, uintptr_t end)
{
    size_t offset = find_id_offset();

    return offset != 0 && offset + sizeof(int32_t) <= end - control &&
           *(const int32_t *)(control + offset) == -1;
}

/* The loader keeps a pointer into the middle of the vector alone. */
static void
mark_dynamic_vector(uintptr_t tp)
{
    if (tp != 0)
        mark_around(arch_dynamic_vector(tp));
}

/* The threads as the areas are compared with them. */
struct party {
    const struct leak_caller *caller;
    const struct world *world;
    uintptr_t here;    /* the calling thread's stack pointer */
    bool is_uncertain; /* of some thread nothing is known */
};

static bool
is_within(const struct area *area, uintptr_t addr)
{
    return addr >= area->start && addr < area->end;
}

/* The lowest address of `area` that is in use as a stack: area->end if all of
 * it is the library's own, 0 if no stack pointer lies in it. *out_is_live: a
 * thread that runs has its stack or control block in it. */
static uintptr_t
lowest_in_use(const struct area *area, const struct party *party,
              uintptr_t control, bool *out_is_live)
{
    uintptr_t lowest = 0;

    *out_is_live = party->is_uncertain;
    if (is_within(area, party->here)) {
        *out_is_live = true;
        if (party->caller == NULL)
            return area->end;
        lowest = party->caller->stack;
    }
    for (size_t i = 0; party->world != NULL && i < party->world->count; i++) {
        const struct world_thread *thread = &party->world->threads[i];

        if (thread->answer == WORLD_GONE)
            continue;
        *out_is_live = *out_is_live || (control != 0 && thread->tp == control);
        if (!is_within(area, thread->sp))
            continue;
        *out_is_live = true;
        if (thread->answer == WORLD_OURS)
            return area->end;
        if (lowest == 0 || thread->sp < lowest)
            lowest = thread->sp;
    }
    return lowest;
}

static void
mark_area(const struct area *area, const struct party *party,
          struct snapshot_scan *scan)
{
    uintptr_t start = area->start;
    uintptr_t control = 0;
    uintptr_t lowest;
    bool is_live;

    if (area->is_guarded)
        control = find_control_block(area);
    lowest = lowest_in_use(area, party, control, &is_live);
    mark_dynamic_vector(control);
    /* Only where the kernel or libc made the stack is it known that what lies
     * under the pointer belongs to it. */
    if (lowest == area->end)
        return;
    if (lowest != 0 && (area->is_guarded || area->kind == ROOT_MAIN_STACK))
        start = lowest;
    else if (control != 0 && !is_live)
        start = is_joined(control, area->end) ? area->end : control;
    mark_between(start, area->end, scan);
}

/* A stack that lies in a block of the heap: coroutines. */
static void
mark_stack_in_heap(uintptr_t sp)
{
    struct slot slot;

    if (sp == 0 || !heap_find(sp, &slot))
        return;
    mark_around(sp);
    (void)careful_read(sp, slot.end, mark_words);
}

static void
mark_threads(const struct party *party)
{
    const struct world *world = party->world;

    if (party->caller != NULL) {
        mark_words(party->caller->kept, ARCH_KEPT_COUNT);
        mark_dynamic_vector(arch_thread_pointer());
        mark_stack_in_heap(party->caller->stack);
    }
    for (size_t i = 0; world != NULL && i < world->count; i++) {
        const struct world_thread *thread = &world->threads[i];

        if (thread->answer == WORLD_PARKED) {
            mark_dynamic_vector(thread->tp);
            (void)careful_read(thread->frame_low, thread->frame_high,
                               mark_words);
        } else if (thread->answer == WORLD_KERNEL ||
                   thread->answer == WORLD_MISSED) {
            mark_words(thread->look.arguments, 6);
        }
        if (thread->answer != WORLD_OURS)
            mark_stack_in_heap(thread->sp);
    }
}

/* ---- without /proc ---- */

static bool
add_module_areas(const struct module *module, void *context)
{
    const struct modules_segment *segments;
    size_t count = modules_segments(module, &segments);

    (void)context;
    for (size_t i = 0; modules_is_loaded(module) && i < count; i++) {
        struct area *area;

        if ((segments[i].flags & PF_W) == 0)
            continue;
        area = vector_add(&roots_areas);
        if (area == NULL)
            return false;
        area->start = segments[i].start;
        area->end = segments[i].end;
    }
    return true;
}

/* The calling thread's stack as far up as it can be read, and the pages around
 * its control block. */
static void
add_own_areas(const struct leak_caller *caller)
{
    uintptr_t tp = bits_align_down(arch_thread_pointer(), page_size());
    uintptr_t top;

    if (caller == NULL)
        return;
    top = bits_align_down(caller->stack, page_size());
    while (page_is_readable((const void *)top, 1))
        top += page_size();
    roots_add(caller->stack, top - caller->stack);
    roots_add(tp, 2 * page_size());
}

static int
find_areas(const struct leak_caller *caller, struct snapshot_scan *scan)
{
    struct reader reader = {0, false};

    if (process_each_mapping(add_mapping, &reader) > 0) {
        scan->is_whole = !reader.is_full;
        return 0;
    }
    scan->is_whole = false;
    modules_each(add_module_areas, NULL);
    add_own_areas(caller);
    return 0;
}

int
roots_mark(const struct leak_caller *caller, const struct world *world,
           struct snapshot_scan *scan)
{
    struct party party = {.caller = caller, .world = world};
    int error = make_room();

    party.here = (uintptr_t)__builtin_frame_address(0);
    for (size_t i = 0; world != NULL && i < world->count; i++)
        party.is_uncertain =
            party.is_uncertain || (world->threads[i].answer == WORLD_MISSED &&
                                   world->threads[i].sp == 0);
    if (error == 0)
        error = find_areas(caller, scan);
    if (error == 0)
        error = find_holes();
    if (error != 0)
        return error;
    scan->root_areas = roots_areas.count;
    mark_threads(&party);
    for (size_t i = 0; i < roots_areas.count; i++)
        mark_area(&VECTOR_AT(&roots_areas, struct area, i), &party, scan);
    for (size_t i = 0; i < roots_added.count; i++) {
        const struct range *range = &VECTOR_AT(&roots_added, struct range, i);

        (void)careful_read(range->start, range->end, mark_words);
    }
    return 0;
}
