/*
 * model/wire.h - how the parts of a snapshot stand in its file.
 *
 * Each struct has a table of its fields, which both the writer and the reader
 * go through. A record is its length and then the fields in the table's order;
 * a reader stops where the record ends and skips what it does not know. So to
 * add a field is one line at the END of its table in wire.c; to take one away,
 * or to move one, is a new major version.
 *
 * Thread: owner.   Signal: no.   Locks: none.
 */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "meta/buffer.h"
#include "model/trace.h"

#define WIRE_MAGIC "DBGMSNAP"
#define WIRE_MAGIC_SIZE 8u
#define WIRE_MAJOR 1u
#define WIRE_MINOR 0u
#define WIRE_HEADER_SIZE 16u  /* magic, major, minor */
#define WIRE_SECTION_SIZE 16u /* tag, size of the payload, checksum */

/* The sections. X(id, tag): the tag is four letters in the file. */
#define WIRE_SECTIONS(X)                                                       \
    X(TEXTS, "TEXT")                                                           \
    X(HEAD, "HEAD")                                                            \
    X(MODULES, "MODL")                                                         \
    X(FRAMES, "FRAM")                                                          \
    X(TRACES, "TRAC")                                                          \
    X(ENTRIES, "ENTR")                                                         \
    X(SITES, "SITE")                                                           \
    X(COUNTERS, "COUN")                                                        \
    X(HISTOGRAM, "HIST")                                                       \
    X(FINDINGS, "FIND")                                                        \
    X(NOTICED, "NOTI")                                                         \
    X(THREADS, "THRD")                                                         \
    X(HISTORY, "TIME")                                                         \
    X(MARKS, "MARK")                                                           \
    X(RULES, "RULE")                                                           \
    X(LABELS, "NAME")                                                          \
    X(END, "END ")

enum wire_section {
#define X(id, tag) WIRE_##id,
    WIRE_SECTIONS(X)
#undef X
        WIRE__COUNT
};

/* wire_tag - the four letters of a section. */
const char *wire_tag(enum wire_section section);

/* wire_sum - the checksum of a section: of its tag (four bytes), its size as it
 * stands in the file, and its payload. */
uint32_t wire_sum(const char *tag, const void *payload, size_t size);

enum wire_kind {
    WIRE_NUMBER,     /* of `size` bytes; under `limit`, if that is not 0 */
    WIRE_TEXT,       /* const char *: an index of the texts, 0 = NULL */
    WIRE_TRACE,      /* const struct trace *: 1 + an index, 0 = NULL */
    WIRE_ORIGIN,     /* enum origin, by its name */
    WIRE_FINDING,    /* enum finding_kind, by its key */
    WIRE_CHARACTERS, /* char[size], terminated: as WIRE_TEXT */
    WIRE_BYTES       /* uint8_t[size], as they are */
};

struct wire_field {
    uint16_t offset;
    uint16_t size;
    uint32_t limit;
    enum wire_kind kind;
};

struct wire_table {
    const struct wire_field *fields;
    size_t count;
};

extern const struct wire_table wire_snapshot, wire_module, wire_name,
    wire_entry, wire_site, wire_thread, wire_instant, wire_mark, wire_noticed,
    wire_rule, wire_label;

/* wire_number_size - the bytes of `value` as wire_put_number writes it. */
size_t wire_number_size(uint64_t value);

/* wire_put_number - seven bits a byte, the least first, the eighth bit set in
 * all but the last. Source: DWARF 5, sec. 7.6 (unsigned LEB128). */
void wire_put_number(struct buffer *out, uint64_t value);

/* What a writer says of the texts and traces that fields point to. */
struct wire_writer {
    uint64_t (*text)(const char *text, void *context);
    uint64_t (*trace)(const struct trace *trace, void *context);
    void *context;
};

void wire_put_record(struct buffer *out, const struct wire_table *table,
                     const void *object, const struct wire_writer *writer);

/* Bytes being read. Reading past the end, or what cannot be, sets `failed`, and
 * everything read from then on is 0. */
struct wire_reader {
    const unsigned char *at;
    const unsigned char *end;
    bool failed;
    const char *const *texts; /* 0: NULL */
    size_t text_count;
    struct trace *const *traces; /* 0: NULL */
    size_t trace_count;
};

uint64_t wire_get_number(struct wire_reader *reader);

/* wire_get_count - how many items follow, each of `least` bytes or more. */
size_t wire_get_count(struct wire_reader *reader, size_t least);

/* wire_get_text - a text by the index that follows; NULL for 0. */
const char *wire_get_text(struct wire_reader *reader);

/* wire_get_record - fill `object`, whose bytes are zeroed. False, and nothing
 * is wrong, where it is of a kind that this version does not know. */
bool wire_get_record(struct wire_reader *reader, const struct wire_table *table,
                     void *object);

#endif
