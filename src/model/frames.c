/*
 * model/frames.c - the addresses of a snapshot's traces, each once.
 *
 * Stacks share most of their frames, so naming and storing them once each is
 * what makes a snapshot small and quick to write.
 */
#include "model/snapshot.h"

#include <errno.h>

#include "base/hash.h"
#include "meta/table.h"

static void
visit_finding(const struct finding *finding,
              void (*visit)(const struct trace *trace, void *context),
              void *context)
{
    const struct trace *traces[] = {
        finding->trace,         finding->block.alloc,   finding->block.freed,
        finding->culprit.alloc, finding->culprit.freed,
    };

    for (size_t i = 0; i < ARRAY_COUNT(traces); i++) {
        if (traces[i] != NULL)
            visit(traces[i], context);
    }
}

void
snapshot_each_trace(const struct snapshot *snapshot,
                    void (*visit)(const struct trace *trace, void *context),
                    void *context)
{
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct trace *trace =
            VECTOR_AT(&snapshot->entries, struct snapshot_entry, i).trace;

        if (trace != NULL)
            visit(trace, context);
    }
    for (size_t i = 0; i < snapshot->sites.count; i++) {
        const struct trace *trace =
            VECTOR_AT(&snapshot->sites, struct snapshot_site, i).trace;

        if (trace != NULL)
            visit(trace, context);
    }
    for (size_t i = 0; i < snapshot->noticed.count; i++)
        visit_finding(
            &VECTOR_AT(&snapshot->noticed, struct snapshot_noticed, i).finding,
            visit, context);
}

struct listing {
    struct vector *frames;
    struct table seen; /* hash of address and generation -> 1 + its index */
    struct table done; /* address of a trace -> 1 */
    bool failed;
};

static void
add_frame(struct listing *listing, uintptr_t pc, uint32_t generation)
{
    uint64_t key = hash_add(hash_u64(pc), generation);
    struct snapshot_frame *frame;
    uint64_t index;

    while (table_find(&listing->seen, key, &index)) {
        frame = &VECTOR_AT(listing->frames, struct snapshot_frame, index - 1);
        if (frame->pc == pc && frame->generation == generation)
            return;
        key = hash_u64(key + 1);
    }
    frame = vector_add(listing->frames);
    if (frame == NULL ||
        table_insert(&listing->seen, key, listing->frames->count) != 0) {
        listing->failed = true;
        return;
    }
    frame->pc = pc;
    frame->generation = generation;
}

static void
add_trace(const struct trace *trace, void *context)
{
    struct listing *listing = context;
    uint64_t value;

    if (table_find(&listing->done, (uintptr_t)trace, &value))
        return;
    /* Without memory for this the trace is gone through again. */
    (void)!table_insert(&listing->done, (uintptr_t)trace, 1);
    for (uint32_t i = 0; i < trace->count; i++)
        add_frame(listing, trace->pc[i], trace->generation);
}

static int
compare_frames(const void *left, const void *right)
{
    const struct snapshot_frame *a = left;
    const struct snapshot_frame *b = right;

    if (a->pc != b->pc)
        return a->pc < b->pc ? -1 : 1;
    if (a->generation != b->generation)
        return a->generation < b->generation ? -1 : 1;
    return 0;
}

int
snapshot_list_frames(struct snapshot *snapshot)
{
    struct listing listing = {
        .frames = &snapshot->frames, .seen = TABLE_INIT, .done = TABLE_INIT};

    vector_clear(&snapshot->frames);
    vector_clear(&snapshot->names);
    snapshot_each_trace(snapshot, add_trace, &listing);
    table_fini(&listing.seen);
    table_fini(&listing.done);
    vector_sort(&snapshot->frames, compare_frames);
    return listing.failed ? -ENOMEM : 0;
}

const struct snapshot_frame *
snapshot_find_frame(const struct snapshot *snapshot, uintptr_t pc,
                    uint32_t generation)
{
    const struct snapshot_frame wanted = {.pc = pc, .generation = generation};
    size_t low = 0;
    size_t high = snapshot->frames.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct snapshot_frame *frame =
            &VECTOR_AT(&snapshot->frames, struct snapshot_frame, middle);
        int order = compare_frames(&wanted, frame);

        if (order == 0)
            return frame;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
