/*
 * golden.h - what the tests of renderings have in common: snapshots made by
 * hand, names for their addresses, and the comparison with the files in
 * tests/golden/expected.
 *
 * With GOLDEN_WRITE=1 in the environment the files are written instead: read
 * the difference before it is committed.
 */
#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include "report/report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "conf/conf.h"
#include "model/codec.h"
#include "report/dump.h"
#include "report/names.h"
#include "report/render.h"

#define SECOND UINT64_C(1000000000)

/* ---- traces, and their names ---- */

/* A trace of the addresses after the line. */
#define GOLDEN_TRACE(trace_name, trace_id, trace_file, trace_line, ...)        \
    static const UNUSED struct trace trace_name = {                            \
        .id = trace_id,                                                        \
        .count = sizeof((uintptr_t[]){__VA_ARGS__}) / sizeof(uintptr_t),       \
        .generation = 1,                                                       \
        .line = trace_line,                                                    \
        .file = trace_file,                                                    \
        .pc = {__VA_ARGS__}}

GOLDEN_TRACE(list_trace, 1, NULL, 0, 0x401010, 0x401100, 0x7f0000020100);
GOLDEN_TRACE(header_trace, 2, "prog.c", 12, 0x401100);
GOLDEN_TRACE(library_trace, 3, NULL, 0, 0x7f0000010020, 0x7f0000010999,
             0x401100);
GOLDEN_TRACE(free_trace, 4, NULL, 0, 0x401200);
GOLDEN_TRACE(nowhere_trace, 5, NULL, 0, 0x123456789);
GOLDEN_TRACE(deep_trace, 6, NULL, 0, 0x401010, 0x401020, 0x401030, 0x401040,
             0x401050, 0x401060, 0x401100);

static const UNUSED struct trace file_only_trace = {
    .id = 7, .line = 77, .file = "wrap\"per\x01.c"};

/* What a symbol layer would say: the program has functions and lines, libfoo
 * functions, libc nothing. */
static UNUSED unsigned
golden_resolve(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    struct names_frame *frame = &scratch->frames[0];

    (void)generation;
    if (pc == 0x401010) {
        frame->function = "list_node";
        frame->file = "list.h";
        frame->line = 8;
        frame->module = "/home/me/prog";
        frame->module_offset = 0x100f;
        frame->is_inlined = true;
        frame[1] = frame[0];
        frame[1].function = "list_add";
        frame[1].file = "list.c";
        frame[1].line = 33;
        frame[1].is_inlined = false;
        return 2;
    }
    if (pc >= 0x401000 && pc < 0x402000) {
        frame->function = pc == 0x401100 ? "main" : "helper";
        frame->file = "prog.c";
        frame->line = (uint32_t)(pc - 0x401000) / 16;
        frame->module = "/home/me/prog";
        frame->module_offset = pc - 1 - 0x400000;
        return 1;
    }
    if (pc == 0x7f0000010020) {
        frame->function = "std::vector<int, std::allocator<int> >::grow()";
        frame->function_offset = 0x1f;
        frame->module = "/usr/lib/libfoo.so.1";
        frame->module_offset = 0x1001f;
        return 1;
    }
    if (pc >= 0x7f0000000000) {
        frame->module = "/lib/libbar \xff\xc3\xa9.so";
        frame->module_offset = pc - 1 - 0x7f0000000000;
        return 1;
    }
    return 1;
}

static const struct names_resolver golden_resolver = {.resolve =
                                                          golden_resolve};

/* ---- comparing ---- */

static UNUSED const char *
golden_path(const char *name, char *path, size_t size)
{
    const char *top = getenv("top_srcdir");

    (void)snprintf(path, size, "%s/tests/golden/expected/%s",
                   top == NULL ? "." : top, name);
    return path;
}

/* The version is not what is tested. */
static UNUSED char *
without_version(const char *text)
{
    size_t n = strlen(text);
    char *copy = malloc(2 * n + 1);
    char *to = copy;
    char named[2][64];
    size_t length[2];

    assert_non_null(copy);
    length[0] =
        (size_t)snprintf(named[0], 64, "dbgmalloc %s:", render_version());
    length[1] = (size_t)snprintf(named[1], 64, "\"dbgmalloc\": \"%s\"",
                                 render_version());
    while (*text != '\0') {
        if (strncmp(text, named[0], length[0]) == 0) {
            to += sprintf(to, "dbgmalloc VERSION:");
            text += length[0];
        } else if (strncmp(text, named[1], length[1]) == 0) {
            to += sprintf(to, "\"dbgmalloc\": \"VERSION\"");
            text += length[1];
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
    return copy;
}

static UNUSED char *
read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text;
    size_t n;

    if (file == NULL) {
        print_error("%s: cannot be opened\n", path);
        return NULL;
    }
    text = malloc(1 << 20);
    assert_non_null(text);
    n = fread(text, 1, (1 << 20) - 1, file);
    text[n] = '\0';
    (void)fclose(file);
    return text;
}

/* GOLDEN_WRITE is heeded. Written by the one thread. */
static bool is_writing = true;

static UNUSED void
check_golden(const char *name, const struct buffer *out)
{
    char path[4096];
    char *actual;
    char *expected;

    assert_false(out->failed);
    actual = without_version(out->bytes);
    (void)golden_path(name, path, sizeof(path));
    if (is_writing && getenv("GOLDEN_WRITE") != NULL) {
        FILE *file = fopen(path, "wb");

        assert_non_null(file);
        assert_int_equal(fwrite(actual, 1, strlen(actual), file),
                         strlen(actual));
        assert_int_equal(fclose(file), 0);
    }
    expected = read_file(path);
    assert_non_null(expected);
    assert_string_equal(actual, expected);
    free(actual);
    free(expected);
}

/* ---- snapshots ---- */

static UNUSED void
add_blocks(struct snapshot *snapshot, const struct trace *trace, unsigned count,
           uint64_t size, uint64_t step, enum leak_kind kind)
{
    for (unsigned i = 0; i < count; i++) {
        struct snapshot_block *block = vector_add(&snapshot->blocks);

        assert_non_null(block);
        block->addr = 0x7f1000000000 + 4096 * snapshot->blocks.count;
        block->size = size + step * i;
        block->trace = trace;
        block->age_ns = SECOND * (i + 1);
        block->thread = 1 + i % 2;
        block->origin = ORIGIN_MALLOC;
        block->kind = (uint8_t)kind;
    }
}

static UNUSED void
fill_header(struct snapshot *snapshot)
{
    snapshot_init(snapshot);
    snapshot->reason = SNAPSHOT_EXIT;
    snapshot->program = "/home/me/prog";
    snapshot->command_line = "./prog -x \"two words\"\n\x1b[31m";
    snapshot->host = "host";
    snapshot->options = "log=leaks.txt,check-fence=16";
    snapshot->pid = 1234;
    snapshot->start_unix_ns = 1700000000 * SECOND;
    snapshot->time_unix_ns = 1700000002 * SECOND;
    snapshot->elapsed_ns = 2 * SECOND;
    snapshot->has_leaks = true;
}

static UNUSED void
fill_stats(struct snapshot *snapshot)
{
    uint64_t *counters = snapshot->counters;
    struct snapshot_site *site;
    struct snapshot_thread *thread;

    snapshot->has_stats = true;
    for (unsigned i = 0; i < COUNTER__COUNT; i++)
        counters[i] = 1000 + i;
    counters[COUNTER_CALLS_NEW] = 0;
    counters[COUNTER_BYTES_ALLOCATED] = 123456789;
    counters[COUNTER_BLOCKS_ALLOCATED] = 54321;
    counters[COUNTER_BYTES_PEAK] = 10485760;
    counters[COUNTER_PEAK_TIME] = 1500000000;
    counters[COUNTER_META] = 1048576;
    counters[COUNTER_HEAP_COMMITTED] = 12582912;
    snapshot->histogram_count[0] = 1;
    snapshot->histogram_count[1] = 7;
    snapshot->histogram_count[5] = 40000;
    snapshot->histogram_live[5] = 3;
    snapshot->histogram_count[6] = 14311;
    snapshot->histogram_count[21] = 2;
    snapshot->histogram_live[21] = 1;
    site = vector_add(&snapshot->sites);
    assert_non_null(site);
    *site = (struct snapshot_site){&deep_trace, 40000, 960000, 39997, 959928};
    site = vector_add(&snapshot->sites);
    assert_non_null(site);
    *site = (struct snapshot_site){&library_trace, 2, 2400000, 2, 2400000};
    thread = vector_add(&snapshot->threads);
    assert_non_null(thread);
    *thread = (struct snapshot_thread){1, 1234, true};
}

static UNUSED void
fill_leaks(struct snapshot *snapshot)
{
    fill_header(snapshot);
    add_blocks(snapshot, &list_trace, 3, 24, 0, LEAK_OUTSTANDING);
    add_blocks(snapshot, &header_trace, 1, 1200000, 0, LEAK_OUTSTANDING);
    add_blocks(snapshot, &library_trace, 6, 8, 8, LEAK_OUTSTANDING);
    add_blocks(snapshot, NULL, 1, 0, 0, LEAK_OUTSTANDING);
    add_blocks(snapshot, &nowhere_trace, 1, 5, 0, LEAK_OUTSTANDING);
    add_blocks(snapshot, &file_only_trace, 1, 4, 0, LEAK_OUTSTANDING);
    snapshot->live.blocks = 15;
    snapshot->live.bytes = 1200349;
    assert_int_equal(snapshot_group(snapshot, SNAPSHOT_BY_STACK), 0);
}

static UNUSED void
check_renderings(struct snapshot *snapshot, const char *text, const char *json)
{
    struct buffer out = BUFFER_INIT;

    if (text != NULL) {
        assert_int_equal(report_render(snapshot, REPORT_TEXT, &out), 0);
        check_golden(text, &out);
        buffer_clear(&out);
    }
    if (json != NULL) {
        assert_int_equal(report_render(snapshot, REPORT_JSON, &out), 0);
        check_golden(json, &out);
    }
    buffer_fini(&out);
}

/* Written to a file and read again; to be given to snapshot_fini. */
static UNUSED void
go_through_file(struct snapshot *snapshot, struct snapshot *out_snapshot)
{
    struct buffer file = BUFFER_INIT;

    assert_int_equal(dump_complete(snapshot), 0);
    assert_int_equal(codec_encode(snapshot, &file), 0);
    assert_null(codec_decode(file.bytes, file.count, out_snapshot));
    buffer_fini(&file);
}

/* What is read from a file is said as the process itself says it. */
static UNUSED void
check_snapshot(struct snapshot *snapshot, const char *text, const char *json)
{
    struct snapshot decoded;

    check_renderings(snapshot, text, json);
    go_through_file(snapshot, &decoded);
    named_use(&decoded);
    is_writing = false;
    check_renderings(&decoded, text, json);
    is_writing = true;
    names_use(&golden_resolver);
    snapshot_fini(&decoded);
}

/* Whoever runs a test may have options of his own. */
static UNUSED void
golden_begin(void)
{
    (void)unsetenv("DBGMALLOC_OPTS");
    conf_set_formats("text|json");
    conf_init(NULL);
    names_use(&golden_resolver);
}

#endif
