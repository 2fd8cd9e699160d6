/*
 * model/decode.c - bytes become a snapshot, whoever wrote them.
 *
 * First the sections are found and their checksums verified; then they are
 * read in the order in which they refer to each other. Every count is held
 * against the bytes that are left before memory is taken for it. What makes a
 * file damaged is said with the section, and what was read so far is kept for
 * snapshot_fini alone.
 */
#include "model/codec.h"

#include <string.h>

#include "base/text.h"
#include "model/wire.h"

/* All frames of all traces together: those that a trace shares with the one
 * before take no bytes, so the size of the file bounds nothing. 256 MiB. */
#define DECODE_FRAMES_TOTAL (UINT64_C(1) << 25)

/* Not changed but by codec_set_sums, before anything is decoded. */
static bool sums_off;

struct part {
    const unsigned char *bytes; /* NULL: it is not there */
    size_t size;
};

struct decoder {
    struct snapshot *snapshot;
    struct part parts[WIRE__COUNT];
    struct vector texts;   /* const char *, index 0 is NULL */
    struct vector traces;  /* struct trace *, index 0 is NULL */
    uint64_t frames_total; /* of all traces so far */
    const char *wrong;     /* what is, or NULL */
};

void
codec_set_sums(bool on)
{
    sums_off = !on;
}

bool
codec_is_snapshot(const void *bytes, size_t n)
{
    return n >= WIRE_MAGIC_SIZE &&
           memcmp(bytes, WIRE_MAGIC, WIRE_MAGIC_SIZE) == 0;
}

static uint64_t
get_fixed(const unsigned char *bytes, size_t size)
{
    uint64_t value = 0;

    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/* ---- finding the sections ---- */

/* Remember the section; a second one of a kind, or of a kind that is not
 * known, is skipped. */
static void
note_section(struct decoder *decoder, const unsigned char *tag,
             const unsigned char *bytes, size_t size)
{
    for (unsigned i = 0; i < WIRE__COUNT; i++) {
        struct part *part = &decoder->parts[i];

        if (memcmp(tag, wire_tag((enum wire_section)i), 4) == 0 &&
            part->bytes == NULL) {
            part->bytes = bytes;
            part->size = size;
        }
    }
}

static const char *
find_sections(struct decoder *decoder, const unsigned char *bytes, size_t n)
{
    size_t at = WIRE_HEADER_SIZE;

    while (decoder->parts[WIRE_END].bytes == NULL) {
        const unsigned char *head = bytes + at;
        uint64_t size;

        if (n - at < WIRE_SECTION_SIZE)
            return "it is cut short";
        size = get_fixed(head + 4, 8);
        if (size > n - at - WIRE_SECTION_SIZE)
            return "it is cut short, or damaged";
        at += WIRE_SECTION_SIZE;
        if (!sums_off && wire_sum((const char *)head, bytes + at,
                                  (size_t)size) != get_fixed(head + 12, 4))
            return "it is damaged: a checksum is wrong";
        note_section(decoder, head, bytes + at, (size_t)size);
        at += (size_t)size;
    }
    if (decoder->parts[WIRE_HEAD].bytes == NULL ||
        decoder->parts[WIRE_TEXTS].bytes == NULL)
        return "it is damaged: a section is missing";
    return NULL;
}

/* ---- reading them ---- */

static struct wire_reader
open_part(const struct decoder *decoder, enum wire_section section)
{
    const struct part *part = &decoder->parts[section];
    /* One that is not there has no bytes. */
    const unsigned char *at = part->bytes;

    return (struct wire_reader){.at = at,
                                .end = at == NULL ? at : at + part->size,
                                .texts = decoder->texts.items,
                                .text_count = decoder->texts.count,
                                .traces = decoder->traces.items,
                                .trace_count = decoder->traces.count};
}

/* Whatever was wrong first is what is said. */
static void
note_wrong(struct decoder *decoder, const char *what)
{
    if (decoder->wrong == NULL)
        decoder->wrong = what;
}

static void *
add_item(struct decoder *decoder, struct vector *vector)
{
    void *item = vector_add(vector);

    if (item == NULL)
        note_wrong(decoder, "there is not enough memory to read it");
    return item;
}

static void
read_texts(struct decoder *decoder)
{
    struct wire_reader reader = open_part(decoder, WIRE_TEXTS);
    size_t count = wire_get_count(&reader, 1);

    (void)add_item(decoder, &decoder->texts); /* index 0 */
    for (size_t i = 0; i < count && decoder->wrong == NULL; i++) {
        size_t n = wire_get_count(&reader, 1);
        const char **text = add_item(decoder, &decoder->texts);

        if (text == NULL)
            return;
        /* A NUL inside would only cut it short. */
        *text =
            region_text(&decoder->snapshot->region, (const char *)reader.at, n);
        if (*text == NULL)
            note_wrong(decoder, "there is not enough memory to read it");
        reader.at += n;
    }
    if (reader.failed)
        note_wrong(decoder, "it is damaged: its texts cannot be read");
}

static void
read_head(struct decoder *decoder)
{
    struct wire_reader reader = open_part(decoder, WIRE_HEAD);
    struct snapshot *snapshot = decoder->snapshot;
    const char **texts[] = {&snapshot->program, &snapshot->command_line,
                            &snapshot->host, &snapshot->options};

    if (!wire_get_record(&reader, &wire_snapshot, snapshot))
        note_wrong(decoder, "it is damaged: its head cannot be read");
    for (size_t i = 0; i < ARRAY_COUNT(texts); i++) {
        if (*texts[i] == NULL)
            *texts[i] = "";
    }
}

/* A section that is a list of records of one struct. */
static void
read_vector(struct decoder *decoder, enum wire_section section,
            const struct wire_table *table, struct vector *vector,
            const char *wrong)
{
    struct wire_reader reader = open_part(decoder, section);
    size_t count;

    if (decoder->parts[section].bytes == NULL || decoder->wrong != NULL)
        return;
    count = wire_get_count(&reader, 1);
    for (size_t i = 0; i < count && decoder->wrong == NULL; i++) {
        void *item = add_item(decoder, vector);

        if (item != NULL && !wire_get_record(&reader, table, item))
            vector->count--;
        if (reader.failed)
            break;
    }
    if (reader.failed)
        note_wrong(decoder, wrong);
}

static void
read_frame(struct decoder *decoder, struct wire_reader *reader,
           uintptr_t *before)
{
    struct snapshot *snapshot = decoder->snapshot;
    struct snapshot_frame *frame = add_item(decoder, &snapshot->frames);
    uint64_t generation;
    size_t count;

    if (frame == NULL)
        return;
    *before += (uintptr_t)wire_get_number(reader);
    generation = wire_get_number(reader);
    count = wire_get_count(reader, 1);
    frame->pc = *before;
    frame->generation = (uint32_t)generation;
    frame->first = (uint32_t)snapshot->names.count;
    for (size_t i = 0; i < count && !reader->failed; i++) {
        struct snapshot_name *name = add_item(decoder, &snapshot->names);

        if (name == NULL || !wire_get_record(reader, &wire_name, name))
            return;
        if (name->module > snapshot->modules.count)
            reader->failed = true;
        frame->count++;
    }
}

/* They were in order, and a look-up relies on it. */
static bool
is_in_order(const struct vector *frames)
{
    for (size_t i = 1; i < frames->count; i++) {
        const struct snapshot_frame *a =
            &VECTOR_AT(frames, struct snapshot_frame, i - 1);

        if (a[0].pc > a[1].pc ||
            (a[0].pc == a[1].pc && a[0].generation >= a[1].generation))
            return false;
    }
    return true;
}

static void
read_frames(struct decoder *decoder)
{
    struct wire_reader reader = open_part(decoder, WIRE_FRAMES);
    uintptr_t before = 0;
    size_t count;

    if (decoder->parts[WIRE_FRAMES].bytes == NULL || decoder->wrong != NULL)
        return;
    count = wire_get_count(&reader, 3);
    if (count > UINT32_MAX / 2)
        reader.failed = true;
    for (size_t i = 0; i < count && !reader.failed && decoder->wrong == NULL;
         i++)
        read_frame(decoder, &reader, &before);
    if (reader.failed || !is_in_order(&decoder->snapshot->frames))
        note_wrong(decoder, "it is damaged: its frames cannot be read");
}

/* One trace: `shared` outer frames are those of the one before. */
static void
read_trace(struct decoder *decoder, struct wire_reader *reader)
{
    const struct vector *frames = &decoder->snapshot->frames;
    const struct trace *before =
        VECTOR_AT(&decoder->traces, struct trace *, decoder->traces.count - 1);
    uint64_t shared = wire_get_number(reader);
    size_t own = wire_get_count(reader, 1);
    struct trace **added;
    struct trace *trace;
    size_t count;

    if (shared > (before == NULL ? 0 : before->count) ||
        own > CODEC_FRAMES_MAX || shared + own > CODEC_FRAMES_MAX)
        reader->failed = true;
    count = (size_t)shared + own;
    decoder->frames_total += count;
    if (reader->failed || decoder->frames_total > DECODE_FRAMES_TOTAL) {
        reader->failed = true;
        return;
    }
    trace = region_take(&decoder->snapshot->region,
                        sizeof(*trace) + count * sizeof(trace->pc[0]),
                        _Alignof(struct trace));
    added = add_item(decoder, &decoder->traces);
    if (trace == NULL || added == NULL) {
        note_wrong(decoder, "there is not enough memory to read it");
        return;
    }
    *added = trace;
    trace->count = (uint32_t)count;
    for (size_t i = 0; i < shared; i++)
        trace->pc[count - 1 - i] = before->pc[before->count - 1 - i];
    for (size_t i = (size_t)shared; i < count; i++) {
        uint64_t index = wire_get_number(reader);

        if (index >= frames->count) {
            reader->failed = true;
            return;
        }
        trace->pc[count - 1 - i] =
            VECTOR_AT(frames, struct snapshot_frame, index).pc;
    }
    trace->id = (stack_id)wire_get_number(reader);
    trace->generation = (uint32_t)wire_get_number(reader);
    trace->file = wire_get_text(reader);
    trace->line = (uint32_t)wire_get_number(reader);
}

static void
read_traces(struct decoder *decoder)
{
    struct wire_reader reader = open_part(decoder, WIRE_TRACES);
    size_t count;

    (void)add_item(decoder, &decoder->traces); /* index 0 */
    if (decoder->parts[WIRE_TRACES].bytes == NULL || decoder->wrong != NULL)
        return;
    count = wire_get_count(&reader, 6);
    for (size_t i = 0; i < count && !reader.failed && decoder->wrong == NULL;
         i++)
        read_trace(decoder, &reader);
    if (reader.failed)
        note_wrong(decoder, "it is damaged: its stacks cannot be read");
}

/* Pairs of a key and a number, into the numbers of those keys we know. */
static void
read_keyed(struct decoder *decoder, enum wire_section section,
           uint64_t *out_numbers, unsigned known,
           const char *(*key_of)(unsigned i))
{
    struct wire_reader reader = open_part(decoder, section);
    size_t count;

    if (decoder->parts[section].bytes == NULL || decoder->wrong != NULL)
        return;
    count = wire_get_count(&reader, 2);
    for (size_t i = 0; i < count && !reader.failed; i++) {
        const char *key = wire_get_text(&reader);
        uint64_t value = wire_get_number(&reader);

        for (unsigned k = 0; key != NULL && k < known; k++) {
            if (text_is_equal(key, key_of(k)))
                out_numbers[k] = value;
        }
    }
    if (reader.failed)
        note_wrong(decoder, "it is damaged: its counts cannot be read");
}

static const char *
counter_key_of(unsigned i)
{
    return counter_key((enum counter)i);
}

static const char *
finding_key_of(unsigned i)
{
    return finding_key((enum finding_kind)i);
}

static void
read_histogram(struct decoder *decoder)
{
    struct wire_reader reader = open_part(decoder, WIRE_HISTOGRAM);
    struct snapshot *snapshot = decoder->snapshot;
    size_t count;

    if (decoder->parts[WIRE_HISTOGRAM].bytes == NULL || decoder->wrong != NULL)
        return;
    count = wire_get_count(&reader, 2);
    for (size_t i = 0; i < count && !reader.failed; i++) {
        uint64_t made = wire_get_number(&reader);
        uint64_t live = wire_get_number(&reader);

        if (i < SNAPSHOT_BUCKETS) {
            snapshot->histogram_count[i] = made;
            snapshot->histogram_live[i] = live;
        }
    }
    if (reader.failed)
        note_wrong(decoder, "it is damaged: its histogram cannot be read");
}

/* An entry hangs under a DEFINITE one or under none. */
static void
check_parents(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (entry->kind != LEAK_INDIRECT ||
            entry->parent > snapshot->entries.count ||
            (entry->parent != SNAPSHOT_NO_ENTRY &&
             VECTOR_AT(&snapshot->entries, struct snapshot_entry,
                       entry->parent - 1)
                     .kind != LEAK_DEFINITE))
            entry->parent = SNAPSHOT_NO_ENTRY;
    }
}

/* What follows from the entries is not in the file, so it cannot contradict
 * them. */
static void
add_up(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        snapshot->selected.blocks += entry->blocks;
        snapshot->selected.bytes += entry->bytes;
        snapshot->kinds[entry->kind].blocks += entry->blocks;
        snapshot->kinds[entry->kind].bytes += entry->bytes;
    }
}

static void
read_all(struct decoder *decoder)
{
    static const char records[] = "it is damaged: its records cannot be read";
    struct snapshot *s = decoder->snapshot;

    read_texts(decoder);
    read_head(decoder);
    read_vector(decoder, WIRE_MODULES, &wire_module, &s->modules, records);
    read_frames(decoder);
    read_traces(decoder);
    read_vector(decoder, WIRE_ENTRIES, &wire_entry, &s->entries, records);
    read_vector(decoder, WIRE_SITES, &wire_site, &s->sites, records);
    read_keyed(decoder, WIRE_COUNTERS, s->counters, COUNTER__COUNT,
               counter_key_of);
    read_keyed(decoder, WIRE_FINDINGS, s->findings, FINDING__COUNT,
               finding_key_of);
    read_histogram(decoder);
    read_vector(decoder, WIRE_NOTICED, &wire_noticed, &s->noticed, records);
    read_vector(decoder, WIRE_THREADS, &wire_thread, &s->threads, records);
    read_vector(decoder, WIRE_HISTORY, &wire_instant, &s->history, records);
    read_vector(decoder, WIRE_MARKS, &wire_mark, &s->marks, records);
    read_vector(decoder, WIRE_RULES, &wire_rule, &s->rules, records);
    read_vector(decoder, WIRE_LABELS, &wire_label, &s->labels, records);
    for (size_t i = 0; i < s->modules.count; i++) {
        struct module *module = &VECTOR_AT(&s->modules, struct module, i);

        if (module->path == NULL)
            module->path = "";
    }
    check_parents(s);
    add_up(s);
}

const char *
codec_decode(const void *bytes, size_t n, struct snapshot *out_snapshot)
{
    struct decoder decoder = {.snapshot = out_snapshot,
                              .texts = VECTOR_INIT(const char *),
                              .traces = VECTOR_INIT(struct trace *)};
    const unsigned char *head = bytes;

    snapshot_init(out_snapshot);
    if (!codec_is_snapshot(bytes, n))
        return "it is not a snapshot of dbgmalloc";
    if (n < WIRE_HEADER_SIZE)
        return "it is cut short";
    if (get_fixed(head + WIRE_MAGIC_SIZE, 4) != WIRE_MAJOR)
        return "another version of dbgmalloc wrote it, which this one cannot "
               "read";
    decoder.wrong = find_sections(&decoder, bytes, n);
    if (decoder.wrong == NULL)
        read_all(&decoder);
    out_snapshot->is_decoded = true;
    vector_fini(&decoder.texts);
    vector_fini(&decoder.traces);
    return decoder.wrong;
}
