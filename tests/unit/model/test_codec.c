/*
 * test_codec.c - a snapshot becomes a file and a snapshot again; files that
 * are not what they should be.
 */
#include "model/codec.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "model/wire.h"

static const struct trace plain = {
    .id = 1, .count = 3, .generation = 1, .pc = {0x1010, 0x2020, 0x3030}};
static const struct trace marked = {.id = 2,
                                    .count = 2,
                                    .generation = 1,
                                    .line = 12,
                                    .file = "prog.c",
                                    .pc = {0x2020, 0x3030}};
static const struct trace file_only = {.id = 3, .line = 7, .file = "x\x01.c"};

static void
add_finding(struct snapshot *snapshot)
{
    struct snapshot_noticed *noticed = vector_add(&snapshot->noticed);

    assert_non_null(noticed);
    noticed->times = 5;
    noticed->finding.kind = FINDING_DOUBLE_FREE;
    noticed->finding.call = ORIGIN_FREE;
    noticed->finding.during = "free";
    noticed->finding.trace = &plain;
    noticed->finding.has_block = true;
    noticed->finding.block.alloc = &marked;
    noticed->finding.block.freed = &file_only;
    noticed->finding.block.origin = ORIGIN_NEW_ARRAY;
    noticed->finding.block.state = BLOCK_QUARANTINED;
    noticed->finding.offset = -8;
    noticed->finding.bytes_count = 3;
    memcpy(noticed->finding.bytes, "abc", 3);
    strcpy(noticed->finding.note, "a note");
}

static void
add_lists(struct snapshot *snapshot)
{
    struct module *module = vector_add(&snapshot->modules);
    struct snapshot_site *site = vector_add(&snapshot->sites);
    struct snapshot_thread *thread = vector_add(&snapshot->threads);
    struct snapshot_instant *instant = vector_add(&snapshot->history);
    struct snapshot_mark *mark = vector_add(&snapshot->marks);

    assert_true(module && site && thread && instant && mark);
    *module = (struct module){.path = "/bin/prog",
                              .base = 0x1000,
                              .start = 0x1000,
                              .end = 0x9000,
                              .is_main = true,
                              .build_id_size = 3,
                              .build_id = {1, 2, 255}};
    *site = (struct snapshot_site){&file_only, 4, 400, 1, 100};
    *thread = (struct snapshot_thread){1, 4711, true};
    *instant = (struct snapshot_instant){1000, 2000, 3};
    *mark = (struct snapshot_mark){1500, 2};
}

/* A snapshot with one or more of everything. */
static void
fill(struct snapshot *snapshot)
{
    struct snapshot_entry *entry;

    snapshot_init(snapshot);
    snapshot->reason = SNAPSHOT_SIGNAL;
    snapshot->program = "/bin/prog";
    snapshot->pid = 4711;
    snapshot->time_unix_ns = UINT64_MAX - 1;
    snapshot->has_leaks = true;
    snapshot->live = (struct snapshot_total){9, 900};
    snapshot->counters[COUNTER_BYTES_LIVE] = 900;
    snapshot->findings[FINDING_OVERRUN] = 2;
    snapshot->histogram_count[5] = 77;
    snapshot->histogram_live[SNAPSHOT_BUCKETS - 1] = 1;
    entry = vector_add(&snapshot->entries);
    assert_non_null(entry);
    *entry = (struct snapshot_entry){.trace = &plain,
                                     .kind = LEAK_DEFINITE,
                                     .origin = ORIGIN_REALLOC,
                                     .blocks = 2,
                                     .bytes = 600,
                                     .sample_count = 1,
                                     .samples = {0xabc}};
    entry = vector_add(&snapshot->entries);
    assert_non_null(entry);
    *entry = (struct snapshot_entry){.kind = LEAK_REACHABLE, .bytes = 1};
    add_lists(snapshot);
    add_finding(snapshot);
}

static struct buffer
encode_filled(void)
{
    struct snapshot snapshot;
    struct buffer out = BUFFER_INIT;
    struct snapshot_name *name;

    fill(&snapshot);
    assert_int_equal(snapshot_list_frames(&snapshot), 0);
    name = vector_add(&snapshot.names);
    assert_non_null(name);
    *name = (struct snapshot_name){
        .function = "main", .file = "main.c", .line = 3, .module = 1};
    VECTOR_AT(&snapshot.frames, struct snapshot_frame, 2).count = 1;
    assert_int_equal(codec_encode(&snapshot, &out), 0);
    snapshot_fini(&snapshot);
    return out;
}

static void
assert_same_trace(const struct trace *actual, const struct trace *expected)
{
    assert_non_null(actual);
    assert_int_equal(actual->count, expected->count);
    assert_int_equal(actual->generation, expected->generation);
    assert_int_equal(actual->id, expected->id);
    assert_int_equal(actual->line, expected->line);
    assert_memory_equal(actual->pc, expected->pc,
                        expected->count * sizeof(expected->pc[0]));
    if (expected->file != NULL)
        assert_string_equal(actual->file, expected->file);
    else
        assert_null(actual->file);
}

static void
test_codec_decode_gives_what_was_encoded(void **state)
{
    struct buffer file = encode_filled();
    struct snapshot back;
    const struct snapshot_entry *entry;
    const struct snapshot_frame *frame;

    (void)state;
    assert_null(codec_decode(file.bytes, file.count, &back));
    assert_true(back.is_decoded);
    assert_int_equal(back.reason, SNAPSHOT_SIGNAL);
    assert_string_equal(back.program, "/bin/prog");
    assert_string_equal(back.host, "");
    assert_int_equal(back.pid, 4711);
    assert_true(back.time_unix_ns == UINT64_MAX - 1);
    assert_int_equal(back.live.bytes, 900);
    assert_int_equal(back.counters[COUNTER_BYTES_LIVE], 900);
    assert_int_equal(back.findings[FINDING_OVERRUN], 2);
    assert_int_equal(back.histogram_count[5], 77);
    assert_int_equal(back.histogram_live[SNAPSHOT_BUCKETS - 1], 1);
    assert_int_equal(back.entries.count, 2);
    entry = back.entries.items;
    assert_same_trace(entry[0].trace, &plain);
    assert_int_equal(entry[0].kind, LEAK_DEFINITE);
    assert_int_equal(entry[0].origin, ORIGIN_REALLOC);
    assert_int_equal(entry[0].samples[0], 0xabc);
    assert_null(entry[1].trace);
    assert_int_equal(back.selected.bytes, 601);
    assert_int_equal(back.kinds[LEAK_DEFINITE].blocks, 2);
    frame = snapshot_find_frame(&back, 0x3030, 1);
    assert_non_null(frame);
    assert_int_equal(frame->count, 1);
    assert_string_equal(
        VECTOR_AT(&back.names, struct snapshot_name, frame->first).function,
        "main");
    snapshot_fini(&back);
    buffer_fini(&file);
}

static void
test_codec_decode_gives_the_lists_that_were_encoded(void **state)
{
    struct buffer file = encode_filled();
    struct snapshot back;
    const struct snapshot_noticed *noticed;
    const struct module *module;

    (void)state;
    assert_null(codec_decode(file.bytes, file.count, &back));
    assert_int_equal(back.modules.count, 1);
    module = back.modules.items;
    assert_string_equal(module->path, "/bin/prog");
    assert_int_equal(module->build_id_size, 3);
    assert_int_equal(module->build_id[2], 255);
    assert_same_trace(VECTOR_AT(&back.sites, struct snapshot_site, 0).trace,
                      &file_only);
    assert_int_equal(VECTOR_AT(&back.history, struct snapshot_instant, 0).bytes,
                     2000);
    assert_int_equal(VECTOR_AT(&back.marks, struct snapshot_mark, 0).number, 2);
    assert_int_equal(VECTOR_AT(&back.threads, struct snapshot_thread, 0).tid,
                     4711);
    noticed = back.noticed.items;
    assert_int_equal(noticed->times, 5);
    assert_int_equal(noticed->finding.kind, FINDING_DOUBLE_FREE);
    assert_int_equal(noticed->finding.block.origin, ORIGIN_NEW_ARRAY);
    assert_int_equal(noticed->finding.block.state, BLOCK_QUARANTINED);
    assert_true(noticed->finding.offset == -8);
    assert_string_equal(noticed->finding.note, "a note");
    assert_string_equal(noticed->finding.during, "free");
    assert_memory_equal(noticed->finding.bytes, "abc", 3);
    assert_same_trace(noticed->finding.block.alloc, &marked);
    snapshot_fini(&back);
    buffer_fini(&file);
}

/* A copy of exactly `n` bytes, so that a sanitizer sees a read past them. */
static const char *
decode_copy(const char *bytes, size_t n)
{
    char *copy = malloc(n == 0 ? 1 : n);
    struct snapshot back;
    const char *wrong;

    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, bytes, n);
    wrong = codec_decode(copy, n, &back);
    snapshot_fini(&back);
    free(copy);
    return wrong;
}

static void
test_codec_decode_of_a_cut_file_says_so(void **state)
{
    struct buffer file = encode_filled();

    (void)state;
    for (size_t n = 0; n < file.count; n++)
        assert_non_null(decode_copy(file.bytes, n));
    buffer_fini(&file);
}

/* But for the minor version, which is for people. */
static void
test_codec_decode_of_any_flipped_bit_says_so(void **state)
{
    struct buffer file = encode_filled();

    (void)state;
    for (size_t i = 0; i < file.count; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            file.bytes[i] = (char)(file.bytes[i] ^ (1 << bit));
            if (i < 12 || i >= WIRE_HEADER_SIZE)
                assert_non_null(decode_copy(file.bytes, file.count));
            file.bytes[i] = (char)(file.bytes[i] ^ (1 << bit));
        }
    }
    buffer_fini(&file);
}

/* Whatever it says, it comes back and reads nothing outside. */
static void
test_codec_decode_of_any_changed_byte_comes_back(void **state)
{
    static const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    struct buffer file = encode_filled();

    (void)state;
    codec_set_sums(false);
    for (size_t i = WIRE_HEADER_SIZE; i < file.count; i++) {
        char before = file.bytes[i];

        for (size_t k = 0; k < sizeof(values); k++) {
            file.bytes[i] = (char)values[k];
            (void)decode_copy(file.bytes, file.count);
        }
        file.bytes[i] = before;
    }
    codec_set_sums(true);
    buffer_fini(&file);
}

static void
test_codec_decode_of_other_files_says_what_they_are_not(void **state)
{
    struct buffer file = encode_filled();

    (void)state;
    assert_non_null(strstr(decode_copy("{\"dbgmalloc\": 1}", 16), "not a"));
    file.bytes[WIRE_MAGIC_SIZE] = 2;
    assert_non_null(strstr(decode_copy(file.bytes, file.count), "version"));
    buffer_fini(&file);
}

/* A section that a later version may add, before the others. */
static void
test_codec_decode_skips_sections_it_does_not_know(void **state)
{
    struct buffer file = encode_filled();
    struct buffer longer = BUFFER_INIT;
    unsigned char section[WIRE_SECTION_SIZE + 3] = "NEW!";
    uint32_t sum = wire_sum("NEW!", "abc", 3);

    (void)state;
    section[4] = 3;
    memcpy(section + 12, &sum, 4);
    memcpy(section + WIRE_SECTION_SIZE, "abc", 3);
    buffer_add(&longer, file.bytes, WIRE_HEADER_SIZE);
    buffer_add(&longer, section, sizeof(section));
    buffer_add(&longer, file.bytes + WIRE_HEADER_SIZE,
               file.count - WIRE_HEADER_SIZE);
    assert_null(decode_copy(longer.bytes, longer.count));
    buffer_fini(&longer);
    buffer_fini(&file);
}

/* A record with a field more, and one with all but the first left out. */
static void
test_wire_get_record_of_another_length_reads_what_both_know(void **state)
{
    static const unsigned char longer[] = {4, 10, 20, 30, 99, 77};
    static const unsigned char shorter[] = {1, 10, 77};
    struct snapshot_instant instant = {0};
    struct wire_reader reader = {.at = longer, .end = longer + sizeof(longer)};

    (void)state;
    assert_true(wire_get_record(&reader, &wire_instant, &instant));
    assert_int_equal(instant.blocks, 30);
    assert_int_equal(wire_get_number(&reader), 77);
    memset(&instant, 0, sizeof(instant));
    reader.at = shorter;
    reader.end = shorter + sizeof(shorter);
    assert_true(wire_get_record(&reader, &wire_instant, &instant));
    assert_int_equal(instant.time_ns, 10);
    assert_int_equal(instant.bytes, 0);
    assert_int_equal(wire_get_number(&reader), 77);
}

static void
test_wire_number_of_each_size_is_read_back(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits <= 64; bits++) {
        uint64_t value = bits == 0 ? 0 : UINT64_MAX >> (64 - bits);
        struct buffer out = BUFFER_INIT;
        struct wire_reader reader = {0};

        wire_put_number(&out, value);
        assert_int_equal(out.count, wire_number_size(value));
        reader.at = (const unsigned char *)out.bytes;
        reader.end = reader.at + out.count;
        assert_true(wire_get_number(&reader) == value);
        assert_false(reader.failed);
        buffer_fini(&out);
    }
}

#define DEEP 30u
#define MANY 1000u

/* Stacks that differ in one frame take a few bytes each. */
static void
test_codec_encode_shares_outer_frames(void **state)
{
    struct snapshot snapshot;
    struct snapshot back;
    struct buffer file = BUFFER_INIT;

    (void)state;
    snapshot_init(&snapshot);
    for (unsigned i = 0; i < MANY; i++) {
        struct snapshot_entry *entry = vector_add(&snapshot.entries);
        struct trace *trace = region_take(
            &snapshot.region, sizeof(*trace) + DEEP * sizeof(uintptr_t), 8);

        assert_true(entry != NULL && trace != NULL);
        entry->trace = trace;
        entry->bytes = i;
        trace->id = i + 1;
        trace->count = DEEP;
        for (unsigned k = 0; k < DEEP; k++)
            trace->pc[k] = k == 0 ? 0x10000 + i : 0x1000 * k;
    }
    assert_int_equal(codec_encode(&snapshot, &file), 0);
    assert_true(file.count < (size_t)MANY * 64);
    assert_null(codec_decode(file.bytes, file.count, &back));
    for (unsigned i = 0; i < MANY; i++)
        assert_same_trace(
            VECTOR_AT(&back.entries, struct snapshot_entry, i).trace,
            VECTOR_AT(&snapshot.entries, struct snapshot_entry, i).trace);
    snapshot_fini(&back);
    snapshot_fini(&snapshot);
    buffer_fini(&file);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codec_decode_gives_what_was_encoded),
        cmocka_unit_test(test_codec_decode_gives_the_lists_that_were_encoded),
        cmocka_unit_test(test_codec_decode_of_a_cut_file_says_so),
        cmocka_unit_test(test_codec_decode_of_any_flipped_bit_says_so),
        cmocka_unit_test(test_codec_decode_of_any_changed_byte_comes_back),
        cmocka_unit_test(
            test_codec_decode_of_other_files_says_what_they_are_not),
        cmocka_unit_test(test_codec_decode_skips_sections_it_does_not_know),
        cmocka_unit_test(
            test_wire_get_record_of_another_length_reads_what_both_know),
        cmocka_unit_test(test_wire_number_of_each_size_is_read_back),
        cmocka_unit_test(test_codec_encode_shares_outer_frames),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
