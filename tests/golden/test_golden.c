/*
 * test_golden.c - snapshots and findings made by hand, in each rendering,
 * compared with the files in tests/golden/expected.
 *
 * With GOLDEN_WRITE=1 in the environment the files are written instead: read
 * the difference before it is committed.
 */
#include "report/report.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "report/explain.h"
#include "report/names.h"
#include "report/render.h"

#define SECOND UINT64_C(1000000000)

/* ---- traces, and their names ---- */

/* A trace of the addresses after the line. */
#define TRACE(trace_name, trace_id, trace_file, trace_line, ...)               \
    static const struct trace trace_name = {                                   \
        .id = trace_id,                                                        \
        .count = sizeof((uintptr_t[]){__VA_ARGS__}) / sizeof(uintptr_t),       \
        .generation = 1,                                                       \
        .line = trace_line,                                                    \
        .file = trace_file,                                                    \
        .pc = {__VA_ARGS__}}

TRACE(list_trace, 1, NULL, 0, 0x401010, 0x401100, 0x7f0000020100);
TRACE(header_trace, 2, "prog.c", 12, 0x401100);
TRACE(library_trace, 3, NULL, 0, 0x7f0000010020, 0x7f0000010999, 0x401100);
TRACE(free_trace, 4, NULL, 0, 0x401200);
TRACE(nowhere_trace, 5, NULL, 0, 0x123456789);
TRACE(deep_trace, 6, NULL, 0, 0x401010, 0x401020, 0x401030, 0x401040, 0x401050,
      0x401060, 0x401100);

static const struct trace file_only_trace = {
    .id = 7, .line = 77, .file = "wrap\"per\x01.c"};

/* What a symbol layer would say: the program has functions and lines, libfoo
 * functions, libc nothing. */
static unsigned
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

static const char *
golden_path(const char *name, char *path, size_t size)
{
    const char *top = getenv("top_srcdir");

    (void)snprintf(path, size, "%s/tests/golden/expected/%s",
                   top == NULL ? "." : top, name);
    return path;
}

/* The version is not what is tested. */
static char *
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

static char *
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

static void
check_golden(const char *name, const struct buffer *out)
{
    char path[4096];
    char *actual;
    char *expected;

    assert_false(out->failed);
    actual = without_version(out->bytes);
    (void)golden_path(name, path, sizeof(path));
    if (getenv("GOLDEN_WRITE") != NULL) {
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

static void
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

static void
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

static void
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

static void
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

static void
check_snapshot(struct snapshot *snapshot, const char *text, const char *json)
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

static void
test_render_leaks_with_stats_is_as_expected(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_leaks(&snapshot);
    fill_stats(&snapshot);
    snapshot.findings[FINDING_OVERRUN] = 3;
    snapshot.findings[FINDING_DOUBLE_FREE] = 1;
    check_snapshot(&snapshot, "leaks-stats.txt", "leaks-stats.json");
    snapshot_fini(&snapshot);
}

static void
test_render_top_two_counts_the_rest(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_leaks(&snapshot);
    assert_int_equal(conf_apply("top=2"), 0);
    check_snapshot(&snapshot, "leaks-top2.txt", NULL);
    assert_int_equal(conf_apply("top=10"), 0);
    snapshot_fini(&snapshot);
}

static void
test_render_kinds_are_told_apart(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.reason = SNAPSHOT_SIGNAL;
    add_blocks(&snapshot, &list_trace, 2, 100, 0, LEAK_DEFINITE);
    add_blocks(&snapshot, &list_trace, 2, 100, 0, LEAK_REACHABLE);
    add_blocks(&snapshot, &library_trace, 1, 64, 0, LEAK_INDIRECT);
    add_blocks(&snapshot, &library_trace, 1, 32, 0, LEAK_POSSIBLE);
    snapshot.live.blocks = 6;
    snapshot.live.bytes = 496;
    snapshot.is_partial = true;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "kinds.txt", "kinds.json");
    snapshot_fini(&snapshot);
}

static void
test_render_no_leaks_says_so(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.counters[COUNTER_BLOCKS_FREED] = 1234;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "no-leaks.txt", "no-leaks.json");
    snapshot_fini(&snapshot);
}

static void
test_render_sample_says_what_is_estimated(void **state)
{
    struct snapshot snapshot;

    (void)state;
    fill_header(&snapshot);
    snapshot.options = "sample=4096";
    snapshot.sample = 4096;
    snapshot.scan.is_done = true;
    snapshot.scan.is_whole = true;
    add_blocks(&snapshot, &list_trace, 40, 100, 0, LEAK_DEFINITE);
    add_blocks(&snapshot, &library_trace, 3, 8192, 100, LEAK_DEFINITE);
    add_blocks(&snapshot, NULL, 5, 100, 0, LEAK_DEFINITE);
    snapshot.counted[LEAK_DEFINITE] = (struct snapshot_total){1700, 192000};
    snapshot.live = (struct snapshot_total){1710, 193000};
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "sample.txt", "sample.json");
    snapshot_fini(&snapshot);
    /* No block was sampled, but they are there. */
    fill_header(&snapshot);
    snapshot.options = "sample=4096";
    snapshot.sample = 4096;
    snapshot.scan.is_done = true;
    snapshot.scan.is_whole = true;
    snapshot.counted[LEAK_DEFINITE] = (struct snapshot_total){17, 192};
    snapshot.live = (struct snapshot_total){17, 192};
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, "sample-none.txt", NULL);
    snapshot_fini(&snapshot);
}

/* ---- findings ---- */

static struct finding
make_finding(enum finding_kind kind)
{
    struct finding finding = {
        .kind = kind,
        .number = (uint64_t)kind + 1,
        .time_ns = 10 * SECOND,
        .thread = 2,
        .tid = 1235,
        .call = ORIGIN_FREE,
        .during = "free",
        .trace = &free_trace,
        .addr = 0x7f0000001010,
        .has_block = true,
        .block = {.addr = 0x7f0000001010,
                  .size = 24,
                  .slot = 0x7f0000001000,
                  .slot_size = 64,
                  .state = BLOCK_LIVE,
                  .origin = ORIGIN_MALLOC,
                  .thread = 1,
                  .time_ns = 8 * SECOND,
                  .alloc = &list_trace},
    };

    return finding;
}

static void
set_addr(struct finding *finding, uintptr_t addr)
{
    finding->addr = addr;
    finding->offset = (ptrdiff_t)(addr - finding->block.addr);
}

static void
set_freed(struct finding *finding)
{
    finding->block.state = BLOCK_FREED;
    finding->block.freed = &header_trace;
    finding->block.free_thread = 1;
}

static void
set_bytes(struct finding *finding, uintptr_t addr, unsigned first,
          unsigned damaged)
{
    finding->bytes_addr = addr;
    finding->bytes_count = 48;
    for (unsigned i = 0; i < 48; i++)
        finding->bytes[i] = (uint8_t)(i < first ? 'a' + i % 26 : 0xfd);
    for (unsigned i = first; i < first + damaged; i++) {
        finding->bytes[i] = (uint8_t)('0' + i % 10);
        finding->bytes_damaged |= UINT64_C(1) << i;
    }
}

static void
set_no_block(struct finding *finding, enum finding_place place)
{
    finding->has_block = false;
    memset(&finding->block, 0, sizeof(finding->block));
    finding->place = place;
    finding->addr = 0x7ffc00001238;
}

/* What each kind of damage has that the others have not. */
static void
fill_damage(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_OVERRUN:
        set_addr(finding, 0x7f0000001028);
        finding->length = 3;
        set_bytes(finding, 0x7f0000001010, 24, 3);
        break;
    case FINDING_UNDERRUN:
        set_addr(finding, 0x7f000000100c);
        finding->length = 4;
        finding->has_culprit = true;
        finding->culprit = finding->block;
        finding->culprit.addr = 0x7f0000000fc0;
        finding->culprit.size = 40;
        finding->culprit.alloc = &library_trace;
        finding->culprit.origin = ORIGIN_NEW_ARRAY;
        break;
    case FINDING_WRITE_AFTER_FREE:
        set_freed(finding);
        set_addr(finding, 0x7f0000001018);
        finding->length = 8;
        finding->during = "heap check";
        set_bytes(finding, 0x7f0000001010, 8, 8);
        break;
    default:
        break;
    }
}

/* Likewise for each kind of address that a call was given. */
static void
fill_address(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_DOUBLE_FREE:
    case FINDING_REALLOC_FREED:
    case FINDING_CHECK_FREED:
        set_freed(finding);
        break;
    case FINDING_INTERIOR_FREE:
    case FINDING_REALLOC_INTERIOR:
        set_addr(finding, 0x7f0000001018);
        break;
    case FINDING_FOREIGN_FREE:
        set_no_block(finding, FINDING_PLACE_STACK);
        break;
    case FINDING_REALLOC_FOREIGN:
        set_no_block(finding, FINDING_PLACE_GLOBAL);
        strcpy(finding->module, "/usr/lib/libfoo.so.1");
        break;
    case FINDING_CHECK_FOREIGN:
        set_no_block(finding, FINDING_PLACE_UNMAPPED);
        break;
    case FINDING_USABLE_SIZE_BAD:
        set_no_block(finding, FINDING_PLACE_LIBC);
        finding->call = ORIGIN_USABLE_SIZE;
        finding->during = NULL;
        break;
    case FINDING_FREE_NULL:
        set_no_block(finding, FINDING_PLACE_NULL);
        finding->addr = 0;
        break;
    default:
        break;
    }
}

/* Likewise for each kind of request. */
static void
fill_request(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_MISMATCHED_FREE:
        finding->block.origin = ORIGIN_NEW_ARRAY;
        break;
    case FINDING_SIZE_MISMATCH:
        finding->call = ORIGIN_FREE_SIZED;
        finding->size_given = 32;
        break;
    case FINDING_ALIGN_MISMATCH:
        finding->call = ORIGIN_FREE_ALIGNED_SIZED;
        finding->align_given = 64;
        finding->block.align = 128;
        break;
    case FINDING_CHECK_RANGE:
        set_addr(finding, 0x7f0000001020);
        finding->length = 10;
        finding->call = ORIGIN_CHECK;
        break;
    case FINDING_ZERO_SIZE:
    case FINDING_BAD_ALIGN:
    case FINDING_SIZE_OVERFLOW:
    case FINDING_LIMIT:
    case FINDING_MAX_ALLOC:
    case FINDING_OUT_OF_MEMORY:
    case FINDING_INJECTED:
        set_no_block(finding, FINDING_PLACE_UNKNOWN);
        finding->addr = 0;
        finding->call = ORIGIN_MALLOC;
        finding->during = "malloc";
        finding->length = 1 << 20;
        finding->size_given = 4096;
        finding->align_given = 24;
        strcpy(finding->note, "one more sentence");
        break;
    default:
        break;
    }
}

/* Likewise for each kind of access that is seen before it is made. */
static void
fill_access(struct finding *finding)
{
    switch (finding->kind) {
    case FINDING_BAD_READ:
        set_addr(finding, 0x7f0000001018);
        finding->length = 24;
        finding->access = FINDING_ACCESS_READ;
        finding->during = "memcpy";
        break;
    case FINDING_BAD_WRITE:
        set_addr(finding, 0x7f0000001008);
        finding->length = 4;
        finding->access = FINDING_ACCESS_WRITE;
        finding->during = "memset";
        break;
    case FINDING_USE_AFTER_FREE:
        set_freed(finding);
        set_addr(finding, 0x7f0000001014);
        finding->length = 1;
        finding->access = FINDING_ACCESS_READ;
        finding->during = "strlen";
        break;
    case FINDING_OVERLAP:
        finding->length = 16;
        finding->size_given = 8;
        finding->during = "memcpy";
        break;
    case FINDING_PROTECTED_WRITE:
        set_addr(finding, 0x7f0000001011);
        finding->length = 2;
        finding->access = FINDING_ACCESS_WRITE;
        finding->during = "dbgmalloc_unprotect";
        set_bytes(finding, 0x7f0000001010, 1, 2);
        break;
    case FINDING_OWN_DAMAGE:
        set_no_block(finding, FINDING_PLACE_OURS);
        finding->during = "heap check";
        strcpy(finding->note, "the state in a block's record is 0xee");
        break;
    case FINDING_FAULT:
        set_no_block(finding, FINDING_PLACE_UNMAPPED);
        finding->access = FINDING_ACCESS_WRITE;
        finding->during = "SIGSEGV";
        break;
    default:
        return;
    }
    finding->call = ORIGIN_CHECK;
}

static void
fill_kind(struct finding *finding)
{
    fill_damage(finding);
    fill_address(finding);
    fill_request(finding);
    fill_access(finding);
}

static void
test_explain_each_kind_is_as_expected(void **state)
{
    struct buffer out = BUFFER_INIT;

    (void)state;
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        struct finding finding = make_finding((enum finding_kind)i);

        fill_kind(&finding);
        explain_full(&out, &finding);
        explain_short(&out, &finding, i == 0 ? 10 : 1);
        buffer_char(&out, '\n');
    }
    check_golden("findings.txt", &out);
    buffer_fini(&out);
}

static void
test_render_json_has_the_findings_kept(void **state)
{
    struct snapshot snapshot;

    (void)state;
    assert_int_equal(conf_apply("format=json,no-print,log=none"), 0);
    report_open();
    fill_header(&snapshot);
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        struct finding finding = make_finding((enum finding_kind)i);

        fill_kind(&finding);
        report_finding(&finding);
        if (i == FINDING_OVERRUN)
            report_finding(&finding);
        snapshot.findings[i] = i == FINDING_OVERRUN ? 2 : 1;
    }
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    check_snapshot(&snapshot, NULL, "findings.json");
    snapshot_fini(&snapshot);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_leaks_with_stats_is_as_expected),
        cmocka_unit_test(test_render_top_two_counts_the_rest),
        cmocka_unit_test(test_render_kinds_are_told_apart),
        cmocka_unit_test(test_render_no_leaks_says_so),
        cmocka_unit_test(test_render_sample_says_what_is_estimated),
        cmocka_unit_test(test_explain_each_kind_is_as_expected),
        cmocka_unit_test(test_render_json_has_the_findings_kept),
    };

    /* Whoever runs this may have options of his own. */
    (void)unsetenv("DBGMALLOC_OPTS");
    conf_set_formats("text|json");
    conf_init(NULL);
    names_use(&golden_resolver);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
