/*
 * model/wire.c - the tables of fields, and how each is written and read.
 *
 * Names and not numbers stand for what has a .def file of its own (findings,
 * counters, origins), for lines are added to those in any place.
 */
#include "model/wire.h"

#include <string.h>

#include "base/crc.h"
#include "base/text.h"
#include "model/block.h"
#include "model/finding.h"
#include "model/module.h"
#include "model/snapshot.h"

#define FIELD_(type, member, kind, limit)                                      \
    {                                                                          \
        offsetof(struct type, member), sizeof(((struct type *)0)->member),     \
            limit, kind                                                        \
    }
#define NUMBER(type, member) FIELD_(type, member, WIRE_NUMBER, 0)
#define BOOL(type, member) FIELD_(type, member, WIRE_NUMBER, 2)
#define UNDER(type, member, limit) FIELD_(type, member, WIRE_NUMBER, limit)
#define TEXT(type, member) FIELD_(type, member, WIRE_TEXT, 0)
#define TRACE(type, member) FIELD_(type, member, WIRE_TRACE, 0)
#define TOTAL(type, member)                                                    \
    NUMBER(type, member.blocks), NUMBER(type, member.bytes)
#define ORIGIN(type, member) FIELD_(type, member, WIRE_ORIGIN, 0)

static const struct wire_field snapshot_fields[] = {
    UNDER(snapshot, reason, SNAPSHOT_CRASH + 1),
    TEXT(snapshot, program),
    TEXT(snapshot, command_line),
    TEXT(snapshot, host),
    TEXT(snapshot, options),
    NUMBER(snapshot, pid),
    NUMBER(snapshot, start_unix_ns),
    NUMBER(snapshot, time_unix_ns),
    NUMBER(snapshot, elapsed_ns),
    BOOL(snapshot, has_stats),
    BOOL(snapshot, has_leaks),
    BOOL(snapshot, is_partial),
    NUMBER(snapshot, live.blocks),
    NUMBER(snapshot, live.bytes),
    BOOL(snapshot, scan.is_done),
    NUMBER(snapshot, scan.error),
    NUMBER(snapshot, scan.killed_by),
    BOOL(snapshot, scan.is_copy),
    BOOL(snapshot, scan.is_whole),
    NUMBER(snapshot, scan.parked),
    NUMBER(snapshot, scan.kernel),
    NUMBER(snapshot, scan.missed),
    NUMBER(snapshot, scan.root_areas),
    NUMBER(snapshot, scan.root_bytes),
    NUMBER(snapshot, scan.scanned_bytes),
    NUMBER(snapshot, scan.pause_ns),
    NUMBER(snapshot, scan.scan_ns),
    TOTAL(snapshot, unlisted[LEAK_OUTSTANDING]),
    TOTAL(snapshot, unlisted[LEAK_DEFINITE]),
    TOTAL(snapshot, unlisted[LEAK_INDIRECT]),
    TOTAL(snapshot, unlisted[LEAK_POSSIBLE]),
    TOTAL(snapshot, unlisted[LEAK_REACHABLE]),
    TOTAL(snapshot, unlisted[LEAK_RUNTIME]),
    NUMBER(snapshot, suppressed.blocks),
    NUMBER(snapshot, suppressed.bytes),
    NUMBER(snapshot, findings_suppressed),
    NUMBER(snapshot, sample),
    TOTAL(snapshot, counted[LEAK_OUTSTANDING]),
    TOTAL(snapshot, counted[LEAK_DEFINITE]),
    TOTAL(snapshot, counted[LEAK_INDIRECT]),
    TOTAL(snapshot, counted[LEAK_POSSIBLE]),
    TOTAL(snapshot, counted[LEAK_REACHABLE]),
    TOTAL(snapshot, counted[LEAK_RUNTIME]),
    TOTAL(snapshot, unlisted[LEAK_UNSEEN]),
    TOTAL(snapshot, counted[LEAK_UNSEEN]),
};

static const struct wire_field module_fields[] = {
    TEXT(module, path),
    NUMBER(module, base),
    NUMBER(module, start),
    NUMBER(module, end),
    NUMBER(module, loaded),
    NUMBER(module, unloaded),
    BOOL(module, is_main),
    UNDER(module, build_id_size, MODULE_BUILD_ID_MAX + 1),
    FIELD_(module, build_id, WIRE_BYTES, 0),
};

static const struct wire_field name_fields[] = {
    TEXT(snapshot_name, function),
    TEXT(snapshot_name, file),
    NUMBER(snapshot_name, line),
    NUMBER(snapshot_name, module),
    NUMBER(snapshot_name, module_offset),
    NUMBER(snapshot_name, function_offset),
    BOOL(snapshot_name, is_inlined),
    TEXT(snapshot_name, linkage),
};

static const struct wire_field entry_fields[] = {
    TRACE(snapshot_entry, trace),
    UNDER(snapshot_entry, kind, LEAK__COUNT),
    ORIGIN(snapshot_entry, origin),
    NUMBER(snapshot_entry, blocks),
    NUMBER(snapshot_entry, bytes),
    NUMBER(snapshot_entry, size_min),
    NUMBER(snapshot_entry, size_max),
    NUMBER(snapshot_entry, age_min_ns),
    NUMBER(snapshot_entry, age_max_ns),
    NUMBER(snapshot_entry, threads),
    NUMBER(snapshot_entry, first_thread),
    UNDER(snapshot_entry, sample_count, SNAPSHOT_SAMPLES + 1),
    NUMBER(snapshot_entry, samples[0]),
    NUMBER(snapshot_entry, sample_sizes[0]),
    NUMBER(snapshot_entry, samples[1]),
    NUMBER(snapshot_entry, sample_sizes[1]),
    NUMBER(snapshot_entry, samples[2]),
    NUMBER(snapshot_entry, sample_sizes[2]),
    NUMBER(snapshot_entry, samples[3]),
    NUMBER(snapshot_entry, sample_sizes[3]),
    NUMBER(snapshot_entry, below_blocks),
    NUMBER(snapshot_entry, below_bytes),
    NUMBER(snapshot_entry, parent),
    UNDER(snapshot_entry, growth.verdict, SNAPSHOT__VERDICT_COUNT),
    NUMBER(snapshot_entry, growth.points),
    NUMBER(snapshot_entry, growth.span_ns),
    NUMBER(snapshot_entry, growth.quiet_ns),
    NUMBER(snapshot_entry, growth.per_hour),
    NUMBER(snapshot_entry, growth.alloc_count),
    NUMBER(snapshot_entry, growth.free_count),
    NUMBER(snapshot_entry, growth.old_ns),
    NUMBER(snapshot_entry, growth.old_made),
    NUMBER(snapshot_entry, growth.old_blocks),
    NUMBER(snapshot_entry, sampled),
    NUMBER(snapshot_entry, blocks_error),
    NUMBER(snapshot_entry, bytes_error),
    TEXT(snapshot_entry, label),
};

static const struct wire_field site_fields[] = {
    TRACE(snapshot_site, trace),        NUMBER(snapshot_site, alloc_count),
    NUMBER(snapshot_site, alloc_bytes), NUMBER(snapshot_site, free_count),
    NUMBER(snapshot_site, free_bytes),
};

static const struct wire_field thread_fields[] = {
    NUMBER(snapshot_thread, number),
    NUMBER(snapshot_thread, tid),
    BOOL(snapshot_thread, alive),
};

static const struct wire_field instant_fields[] = {
    NUMBER(snapshot_instant, time_ns),
    NUMBER(snapshot_instant, bytes),
    NUMBER(snapshot_instant, blocks),
};

static const struct wire_field mark_fields[] = {
    NUMBER(snapshot_mark, time_ns),
    NUMBER(snapshot_mark, number),
};

static const struct wire_field rule_fields[] = {
    TEXT(snapshot_rule, name),   TEXT(snapshot_rule, file),
    NUMBER(snapshot_rule, line), TOTAL(snapshot_rule, leaks),
    NUMBER(snapshot_rule, hits),
};

static const struct wire_field label_fields[] = {
    TEXT(snapshot_label, name),
    TOTAL(snapshot_label, live),
};

#define BLOCK_FIELDS(member)                                                   \
    NUMBER(snapshot_noticed, finding.member.addr),                             \
        NUMBER(snapshot_noticed, finding.member.size),                         \
        NUMBER(snapshot_noticed, finding.member.slot),                         \
        NUMBER(snapshot_noticed, finding.member.slot_size),                    \
        UNDER(snapshot_noticed, finding.member.state, BLOCK_QUARANTINED + 1),  \
        ORIGIN(snapshot_noticed, finding.member.origin),                       \
        NUMBER(snapshot_noticed, finding.member.thread),                       \
        NUMBER(snapshot_noticed, finding.member.free_thread),                  \
        NUMBER(snapshot_noticed, finding.member.time_ns),                      \
        TRACE(snapshot_noticed, finding.member.alloc),                         \
        TRACE(snapshot_noticed, finding.member.freed),                         \
        NUMBER(snapshot_noticed, finding.member.align),                        \
        NUMBER(snapshot_noticed, finding.member.mark)

static const struct wire_field noticed_fields[] = {
    FIELD_(snapshot_noticed, finding.kind, WIRE_FINDING, 0),
    NUMBER(snapshot_noticed, times),
    NUMBER(snapshot_noticed, finding.number),
    NUMBER(snapshot_noticed, finding.time_ns),
    NUMBER(snapshot_noticed, finding.thread),
    NUMBER(snapshot_noticed, finding.tid),
    ORIGIN(snapshot_noticed, finding.call),
    TEXT(snapshot_noticed, finding.during),
    TRACE(snapshot_noticed, finding.trace),
    NUMBER(snapshot_noticed, finding.addr),
    BOOL(snapshot_noticed, finding.has_block),
    BLOCK_FIELDS(block),
    NUMBER(snapshot_noticed, finding.offset),
    NUMBER(snapshot_noticed, finding.length),
    NUMBER(snapshot_noticed, finding.size_given),
    NUMBER(snapshot_noticed, finding.align_given),
    BOOL(snapshot_noticed, finding.has_culprit),
    BLOCK_FIELDS(culprit),
    UNDER(snapshot_noticed, finding.place, FINDING_PLACE_OURS + 1),
    FIELD_(snapshot_noticed, finding.module, WIRE_CHARACTERS, 0),
    NUMBER(snapshot_noticed, finding.bytes_addr),
    UNDER(snapshot_noticed, finding.bytes_count, FINDING_BYTES_MAX + 1),
    FIELD_(snapshot_noticed, finding.bytes, WIRE_BYTES, 0),
    NUMBER(snapshot_noticed, finding.bytes_damaged),
    FIELD_(snapshot_noticed, finding.note, WIRE_CHARACTERS, 0),
    UNDER(snapshot_noticed, finding.access, FINDING_ACCESS_WRITE + 1),
    BOOL(snapshot_noticed, finding.is_notice),
    BOOL(snapshot_noticed, finding.is_fatal),
    NUMBER(snapshot_noticed, finding.operation),
};

#define TABLE(fields)                                                          \
    {                                                                          \
        fields, ARRAY_COUNT(fields)                                            \
    }
const struct wire_table wire_snapshot = TABLE(snapshot_fields);
const struct wire_table wire_module = TABLE(module_fields);
const struct wire_table wire_name = TABLE(name_fields);
const struct wire_table wire_entry = TABLE(entry_fields);
const struct wire_table wire_site = TABLE(site_fields);
const struct wire_table wire_thread = TABLE(thread_fields);
const struct wire_table wire_instant = TABLE(instant_fields);
const struct wire_table wire_mark = TABLE(mark_fields);
const struct wire_table wire_noticed = TABLE(noticed_fields);
const struct wire_table wire_rule = TABLE(rule_fields);
const struct wire_table wire_label = TABLE(label_fields);

static const char *const tags[WIRE__COUNT] = {
#define X(id, tag) [WIRE_##id] = tag,
    WIRE_SECTIONS(X)
#undef X
};

const char *
wire_tag(enum wire_section section)
{
    return tags[section];
}

uint32_t
wire_sum(const char *tag, const void *payload, size_t size)
{
    unsigned char head[12];

    memcpy(head, tag, 4);
    for (size_t i = 0; i < 8; i++)
        head[4 + i] = (unsigned char)((uint64_t)size >> (8 * i));
    return crc_add(crc_add(0, head, sizeof(head)), payload, size);
}

/* ---- writing ---- */

size_t
wire_number_size(uint64_t value)
{
    size_t n = 1;

    while (value >= 0x80) {
        value >>= 7;
        n++;
    }
    return n;
}

void
wire_put_number(struct buffer *out, uint64_t value)
{
    unsigned char bytes[10];
    size_t n = 0;

    while (value >= 0x80) {
        bytes[n++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    bytes[n++] = (unsigned char)value;
    buffer_add(out, bytes, n);
}

static uint64_t
load(const unsigned char *p, size_t size)
{
    uint64_t value = 0;

    /* Both CPUs that we know have the least byte first, as the file has. */
    memcpy(&value, p, size < sizeof(value) ? size : sizeof(value));
    return value;
}

/* The number that stands for a field in the file. */
static uint64_t
field_value(const struct wire_field *field, const void *object,
            const struct wire_writer *writer)
{
    const unsigned char *p = (const unsigned char *)object + field->offset;
    uint64_t raw = load(p, field->size);
    const void *pointer = (const void *)(uintptr_t)raw;

    switch (field->kind) {
    case WIRE_NUMBER:
        return raw;
    case WIRE_TEXT:
        return writer->text(pointer, writer->context);
    case WIRE_TRACE:
        return writer->trace(pointer, writer->context);
    case WIRE_ORIGIN:
        return writer->text(block_origin_name((enum origin)raw),
                            writer->context);
    case WIRE_FINDING:
        return writer->text(finding_key((enum finding_kind)raw),
                            writer->context);
    case WIRE_CHARACTERS:
        return writer->text((const char *)p, writer->context);
    case WIRE_BYTES:
        break;
    }
    return field->size;
}

void
wire_put_record(struct buffer *out, const struct wire_table *table,
                const void *object, const struct wire_writer *writer)
{
    uint64_t values[96];
    size_t size = 0;

    if (table->count > ARRAY_COUNT(values)) {
        out->failed = true; /* cannot be: no table is so long */
        return;
    }
    for (size_t i = 0; i < table->count; i++) {
        values[i] = field_value(&table->fields[i], object, writer);
        size += wire_number_size(values[i]);
        if (table->fields[i].kind == WIRE_BYTES)
            size += table->fields[i].size;
    }
    wire_put_number(out, size);
    for (size_t i = 0; i < table->count; i++) {
        wire_put_number(out, values[i]);
        if (table->fields[i].kind == WIRE_BYTES)
            buffer_add(out,
                       (const unsigned char *)object + table->fields[i].offset,
                       table->fields[i].size);
    }
}

/* ---- reading ---- */

uint64_t
wire_get_number(struct wire_reader *reader)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 64 && reader->at < reader->end;
         shift += 7) {
        unsigned char byte = *reader->at++;

        /* The tenth byte has room for one bit. */
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    reader->failed = true;
    reader->at = reader->end;
    return 0;
}

size_t
wire_get_count(struct wire_reader *reader, size_t least)
{
    uint64_t count = wire_get_number(reader);

    if (count > (size_t)(reader->end - reader->at) / least) {
        reader->failed = true;
        return 0;
    }
    return (size_t)count;
}

static const char *
text_of(struct wire_reader *reader, uint64_t index)
{
    if (index < reader->text_count)
        return reader->texts[index];
    reader->failed = true;
    return NULL;
}

const char *
wire_get_text(struct wire_reader *reader)
{
    return text_of(reader, wire_get_number(reader));
}

static uint64_t
find_origin(const char *name)
{
    for (unsigned i = 0; name != NULL && i < ORIGIN__COUNT; i++) {
        if (text_is_equal(name, block_origin_name((enum origin)i)))
            return i;
    }
    return ORIGIN_MALLOC; /* of a later version; a guess is harmless */
}

static uint64_t
find_kind(const char *key)
{
    for (unsigned i = 0; key != NULL && i < FINDING__COUNT; i++) {
        if (text_is_equal(key, finding_key((enum finding_kind)i)))
            return i;
    }
    return FINDING__COUNT;
}

/* A number that fits its field. */
static void
store(struct wire_reader *reader, const struct wire_field *field,
      unsigned char *p, uint64_t value)
{
    if ((field->limit != 0 && value >= field->limit) ||
        (field->size < 8 && value >> (8 * field->size) != 0)) {
        reader->failed = true;
        return;
    }
    memcpy(p, &value, field->size);
}

static void
store_pointer(unsigned char *p, const void *pointer)
{
    memcpy(p, &pointer, sizeof(pointer));
}

static void
store_bytes(struct wire_reader *reader, const struct wire_field *field,
            unsigned char *p, uint64_t n)
{
    if (n > (size_t)(reader->end - reader->at)) {
        reader->failed = true;
        return;
    }
    memcpy(p, reader->at, n < field->size ? (size_t)n : field->size);
    reader->at += n;
}

/* False where the record is of no kind that we know. */
static bool
get_field(struct wire_reader *reader, const struct wire_field *field,
          void *object)
{
    unsigned char *p = (unsigned char *)object + field->offset;
    uint64_t value = wire_get_number(reader);
    const char *text;

    switch (field->kind) {
    case WIRE_NUMBER:
        store(reader, field, p, value);
        break;
    case WIRE_TEXT:
        store_pointer(p, text_of(reader, value));
        break;
    case WIRE_TRACE:
        if (value < reader->trace_count)
            store_pointer(p, reader->traces[value]);
        else
            reader->failed = true;
        break;
    case WIRE_ORIGIN:
        store(reader, field, p, find_origin(text_of(reader, value)));
        break;
    case WIRE_FINDING:
        value = find_kind(text_of(reader, value));
        if (value == FINDING__COUNT)
            return false;
        store(reader, field, p, value);
        break;
    case WIRE_CHARACTERS:
        text = text_of(reader, value);
        if (text != NULL)
            (void)text_copy((char *)p, field->size, text);
        break;
    case WIRE_BYTES:
        store_bytes(reader, field, p, value);
        break;
    }
    return true;
}

bool
wire_get_record(struct wire_reader *reader, const struct wire_table *table,
                void *object)
{
    size_t size = wire_get_count(reader, 1);
    const unsigned char *whole_end = reader->end;
    const unsigned char *end = reader->at + size;
    bool is_known = true;

    /* A record written by an earlier version ends before our last field: what
     * it does not have stays 0. */
    reader->end = end;
    for (size_t i = 0; i < table->count && reader->at < end && is_known; i++)
        is_known = get_field(reader, &table->fields[i], object);
    reader->at = end;
    reader->end = whole_end;
    return is_known && !reader->failed;
}
