/*
 * model/encode.c - a snapshot becomes bytes.
 *
 * Texts, addresses and stacks are written once each and referred to by index.
 * The stacks are put in the order of their outer frames first, so that each
 * has most of them in common with the one before, and only the rest is
 * written.
 */
#include "model/codec.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "meta/table.h"
#include "model/wire.h"

struct encoder {
    struct snapshot *snapshot;
    struct buffer *out;
    struct vector texts;      /* const char *, index 0 is NULL */
    struct table text_index;  /* hash of a text -> its index */
    struct vector traces;     /* const struct trace *, in their order */
    struct table trace_index; /* address of a trace -> 1 + its index */
    struct wire_writer writer;
    bool failed;
};

/* ---- texts ---- */

static uint64_t
text_index(const char *text, void *context)
{
    struct encoder *encoder = context;
    const char **added;
    uint64_t index;
    uint64_t key;

    if (text == NULL)
        return 0;
    key = hash_bytes(text, strlen(text));
    while (table_find(&encoder->text_index, key, &index)) {
        if (text_is_equal(VECTOR_AT(&encoder->texts, const char *, index),
                          text))
            return index;
        key = hash_u64(key + 1);
    }
    added = vector_add(&encoder->texts);
    if (added == NULL || table_insert(&encoder->text_index, key,
                                      encoder->texts.count - 1) != 0) {
        encoder->failed = true;
        return 0;
    }
    *added = text;
    return encoder->texts.count - 1;
}

/* ---- traces ---- */

static uint64_t
trace_index(const struct trace *trace, void *context)
{
    struct encoder *encoder = context;
    uint64_t index;

    if (trace == NULL ||
        !table_find(&encoder->trace_index, (uintptr_t)trace, &index))
        return 0;
    return index;
}

static void
add_trace(const struct trace *trace, void *context)
{
    struct encoder *encoder = context;
    const struct trace **added;
    uint64_t index;

    if (table_find(&encoder->trace_index, (uintptr_t)trace, &index))
        return;
    added = vector_add(&encoder->traces);
    if (added == NULL ||
        table_insert(&encoder->trace_index, (uintptr_t)trace, 1) != 0) {
        encoder->failed = true;
        return;
    }
    *added = trace;
}

/* Frames are counted from the outermost, which stands last in pc. */
static uintptr_t
outer_pc(const struct trace *trace, uint32_t i)
{
    return trace->pc[trace->count - 1 - i];
}

static uint32_t
common_frames(const struct trace *a, const struct trace *b)
{
    uint32_t least = a->count < b->count ? a->count : b->count;
    uint32_t i = 0;

    if (a->generation != b->generation)
        return 0;
    while (i < least && outer_pc(a, i) == outer_pc(b, i))
        i++;
    return i;
}

static int
compare_traces(const void *left, const void *right)
{
    const struct trace *a = *(const struct trace *const *)left;
    const struct trace *b = *(const struct trace *const *)right;
    uint32_t i;

    if (a->generation != b->generation)
        return a->generation < b->generation ? -1 : 1;
    i = common_frames(a, b);
    if (i < a->count && i < b->count)
        return outer_pc(a, i) < outer_pc(b, i) ? -1 : 1;
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    return a->id < b->id ? -1 : a->id > b->id;
}

static void
order_traces(struct encoder *encoder)
{
    snapshot_each_trace(encoder->snapshot, add_trace, encoder);
    vector_sort(&encoder->traces, compare_traces);
    for (size_t i = 0; i < encoder->traces.count; i++) {
        const struct trace *trace =
            VECTOR_AT(&encoder->traces, const struct trace *, i);

        if (table_insert(&encoder->trace_index, (uintptr_t)trace, i + 1) != 0)
            encoder->failed = true;
    }
}

/* ---- sections ---- */

static void
put_fixed(struct buffer *out, uint64_t value, size_t size)
{
    unsigned char bytes[8];

    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    buffer_add(out, bytes, size);
}

/* Append `payload` as a section, and empty it. */
static void
add_section(struct encoder *encoder, enum wire_section section,
            struct buffer *payload)
{
    struct buffer *out = encoder->out;

    if (payload->failed)
        encoder->failed = true;
    buffer_add(out, wire_tag(section), 4);
    put_fixed(out, payload->count, 8);
    put_fixed(out, wire_sum(wire_tag(section), payload->bytes, payload->count),
              4);
    buffer_add(out, payload->bytes, payload->count);
    buffer_clear(payload);
}

static void
add_vector(struct encoder *encoder, enum wire_section section,
           const struct vector *vector, const struct wire_table *table,
           struct buffer *scratch)
{
    if (vector->count == 0)
        return;
    wire_put_number(scratch, vector->count);
    for (size_t i = 0; i < vector->count; i++)
        wire_put_record(scratch, table,
                        (const unsigned char *)vector->items +
                            i * vector->item_size,
                        &encoder->writer);
    add_section(encoder, section, scratch);
}

static void
add_texts(struct encoder *encoder, struct buffer *scratch)
{
    wire_put_number(scratch, encoder->texts.count - 1);
    for (size_t i = 1; i < encoder->texts.count; i++) {
        const char *text = VECTOR_AT(&encoder->texts, const char *, i);
        size_t n = strlen(text);

        wire_put_number(scratch, n);
        buffer_add(scratch, text, n);
    }
    add_section(encoder, WIRE_TEXTS, scratch);
}

/* Addresses go up, so the difference to the one before is enough. */
static void
add_frames(struct encoder *encoder, struct buffer *scratch)
{
    const struct snapshot *snapshot = encoder->snapshot;
    uintptr_t before = 0;

    wire_put_number(scratch, snapshot->frames.count);
    for (size_t i = 0; i < snapshot->frames.count; i++) {
        const struct snapshot_frame *frame =
            &VECTOR_AT(&snapshot->frames, struct snapshot_frame, i);

        wire_put_number(scratch, frame->pc - before);
        wire_put_number(scratch, frame->generation);
        wire_put_number(scratch, frame->count);
        for (uint32_t k = 0; k < frame->count; k++)
            wire_put_record(scratch, &wire_name,
                            &VECTOR_AT(&snapshot->names, struct snapshot_name,
                                       frame->first + k),
                            &encoder->writer);
        before = frame->pc;
    }
    add_section(encoder, WIRE_FRAMES, scratch);
}

static void
add_one_trace(struct encoder *encoder, const struct trace *trace,
              const struct trace *before, struct buffer *scratch)
{
    const struct vector *frames = &encoder->snapshot->frames;
    uint32_t count =
        trace->count < CODEC_FRAMES_MAX ? trace->count : CODEC_FRAMES_MAX;
    uint32_t cut = trace->count - count; /* innermost ones are kept */
    uint32_t shared = 0;

    if (before != NULL && before->count <= CODEC_FRAMES_MAX && cut == 0)
        shared = common_frames(trace, before);
    wire_put_number(scratch, shared);
    wire_put_number(scratch, count - shared);
    for (uint32_t i = shared; i < count; i++) {
        const struct snapshot_frame *frame = snapshot_find_frame(
            encoder->snapshot, outer_pc(trace, i + cut), trace->generation);

        if (frame == NULL) {
            encoder->failed = true;
            return;
        }
        wire_put_number(
            scratch,
            (uint64_t)(frame - (const struct snapshot_frame *)frames->items));
    }
    wire_put_number(scratch, trace->id);
    wire_put_number(scratch, trace->generation);
    wire_put_number(scratch, text_index(trace->file, encoder));
    wire_put_number(scratch, trace->line);
}

static void
add_traces(struct encoder *encoder, struct buffer *scratch)
{
    const struct trace *before = NULL;

    wire_put_number(scratch, encoder->traces.count);
    for (size_t i = 0; i < encoder->traces.count; i++) {
        const struct trace *trace =
            VECTOR_AT(&encoder->traces, const struct trace *, i);

        add_one_trace(encoder, trace, before, scratch);
        before = trace;
    }
    add_section(encoder, WIRE_TRACES, scratch);
}

static void
add_counts(struct encoder *encoder, struct buffer *scratch)
{
    const struct snapshot *snapshot = encoder->snapshot;

    wire_put_number(scratch, COUNTER__COUNT);
    for (unsigned i = 0; i < COUNTER__COUNT; i++) {
        wire_put_number(scratch,
                        text_index(counter_key((enum counter)i), encoder));
        wire_put_number(scratch, snapshot->counters[i]);
    }
    add_section(encoder, WIRE_COUNTERS, scratch);
    wire_put_number(scratch, FINDING__COUNT);
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        wire_put_number(scratch,
                        text_index(finding_key((enum finding_kind)i), encoder));
        wire_put_number(scratch, snapshot->findings[i]);
    }
    add_section(encoder, WIRE_FINDINGS, scratch);
    wire_put_number(scratch, SNAPSHOT_BUCKETS);
    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        wire_put_number(scratch, snapshot->histogram_count[i]);
        wire_put_number(scratch, snapshot->histogram_live[i]);
    }
    add_section(encoder, WIRE_HISTOGRAM, scratch);
}

static void
add_body(struct encoder *encoder, struct buffer *scratch)
{
    const struct snapshot *s = encoder->snapshot;

    wire_put_record(scratch, &wire_snapshot, s, &encoder->writer);
    add_section(encoder, WIRE_HEAD, scratch);
    add_vector(encoder, WIRE_MODULES, &s->modules, &wire_module, scratch);
    add_frames(encoder, scratch);
    add_traces(encoder, scratch);
    add_vector(encoder, WIRE_ENTRIES, &s->entries, &wire_entry, scratch);
    add_vector(encoder, WIRE_SITES, &s->sites, &wire_site, scratch);
    add_counts(encoder, scratch);
    add_vector(encoder, WIRE_NOTICED, &s->noticed, &wire_noticed, scratch);
    add_vector(encoder, WIRE_THREADS, &s->threads, &wire_thread, scratch);
    add_vector(encoder, WIRE_HISTORY, &s->history, &wire_instant, scratch);
    add_vector(encoder, WIRE_MARKS, &s->marks, &wire_mark, scratch);
    add_vector(encoder, WIRE_RULES, &s->rules, &wire_rule, scratch);
    add_vector(encoder, WIRE_LABELS, &s->labels, &wire_label, scratch);
    /* Only now are all texts known. */
    add_texts(encoder, scratch);
    add_section(encoder, WIRE_END, scratch);
}

int
codec_encode(struct snapshot *snapshot, struct buffer *out)
{
    struct buffer scratch = BUFFER_INIT;
    struct encoder encoder = {.snapshot = snapshot,
                              .out = out,
                              .texts = VECTOR_INIT(const char *),
                              .text_index = TABLE_INIT,
                              .traces = VECTOR_INIT(const struct trace *),
                              .trace_index = TABLE_INIT,
                              .writer = {text_index, trace_index, NULL}};

    encoder.writer.context = &encoder;
    if (snapshot->frames.count == 0 && snapshot_list_frames(snapshot) != 0)
        return -ENOMEM;
    if (vector_add(&encoder.texts) == NULL) /* index 0 */
        return -ENOMEM;
    order_traces(&encoder);
    buffer_add(out, WIRE_MAGIC, WIRE_MAGIC_SIZE);
    put_fixed(out, WIRE_MAJOR, 4);
    put_fixed(out, WIRE_MINOR, 4);
    add_body(&encoder, &scratch);
    buffer_fini(&scratch);
    vector_fini(&encoder.texts);
    table_fini(&encoder.text_index);
    vector_fini(&encoder.traces);
    table_fini(&encoder.trace_index);
    return encoder.failed || out->failed ? -ENOMEM : 0;
}
