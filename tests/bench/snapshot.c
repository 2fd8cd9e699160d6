/*
 * snapshot.c [STACKS [DEPTH]] - a snapshot of many stacks on standard output,
 * to see what `dbgmalloc report` makes of it and how long that takes.
 *
 * The stacks are those of a tree of calls: each has most of its outer frames in
 * common with others. Numbers are made by a fixed seed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "model/codec.h"

#define FUNCTIONS 20000u

static uint64_t seed = 1;

static uint32_t
draw(uint32_t under)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % under;
}

static const struct trace *
make_trace(struct snapshot *snapshot, uint32_t id, uint32_t depth,
           const struct trace *before)
{
    struct trace *trace = region_take(
        &snapshot->region, sizeof(*trace) + depth * sizeof(uintptr_t), 8);
    uint32_t shared = before == NULL ? 0 : draw(depth);

    if (trace == NULL)
        exit(1);
    trace->id = id;
    trace->count = depth;
    trace->generation = 1;
    for (uint32_t i = 0; i < depth; i++)
        trace->pc[depth - 1 - i] =
            i < shared ? before->pc[depth - 1 - i]
                       : 0x400000 + 16 * (uintptr_t)draw(FUNCTIONS);
    return trace;
}

static void
name_frames(struct snapshot *snapshot)
{
    char text[64];

    if (snapshot_list_frames(snapshot) != 0)
        exit(1);
    for (size_t i = 0; i < snapshot->frames.count; i++) {
        struct snapshot_frame *frame =
            &VECTOR_AT(&snapshot->frames, struct snapshot_frame, i);
        struct snapshot_name *name = vector_add(&snapshot->names);
        unsigned n = (unsigned)(frame->pc - 0x400000) / 16;

        if (name == NULL)
            exit(1);
        frame->first = (uint32_t)i;
        frame->count = 1;
        (void)snprintf(text, sizeof(text), "ns%u::function_%u(int)", n % 40, n);
        name->function = snapshot_text(snapshot, text);
        (void)snprintf(text, sizeof(text), "/src/part%u/file%u.cc", n % 40,
                       n / 20);
        name->file = snapshot_text(snapshot, text);
        name->line = n % 900 + 1;
    }
}

int
main(int argc, char **argv)
{
    uint32_t stacks = argc > 1 ? (uint32_t)atoi(argv[1]) : 100000;
    uint32_t depth = argc > 2 ? (uint32_t)atoi(argv[2]) : 24;
    const struct trace *trace = NULL;
    struct snapshot snapshot;
    struct buffer out = BUFFER_INIT;

    snapshot_init(&snapshot);
    snapshot.program = "/usr/bin/many";
    snapshot.has_leaks = snapshot.has_stats = true;
    for (uint32_t i = 0; i < stacks; i++) {
        struct snapshot_entry *entry = vector_add(&snapshot.entries);
        struct snapshot_site *site = vector_add(&snapshot.sites);
        uint32_t size = 16 + draw(4000);

        if (entry == NULL || site == NULL)
            return 1;
        trace = make_trace(&snapshot, i + 1, depth, trace);
        *entry = (struct snapshot_entry){.trace = trace,
                                         .kind = LEAK_DEFINITE,
                                         .blocks = 1 + size % 7,
                                         .bytes = size};
        *site = (struct snapshot_site){.trace = trace,
                                       .alloc_count = 20,
                                       .alloc_bytes = 20 * (uint64_t)size,
                                       .free_count = 10,
                                       .free_bytes = 10 * (uint64_t)size};
    }
    name_frames(&snapshot);
    if (codec_encode(&snapshot, &out) != 0)
        return 1;
    return fwrite(out.bytes, 1, out.count, stdout) == out.count ? 0 : 1;
}
