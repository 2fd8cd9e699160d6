/*
 * test_names.c - addresses become words.
 */
#include "report/names.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "elf/modules.h"
#include "report/report.h"

static struct buffer out = BUFFER_INIT;

static const struct trace deep = {
    .id = 1, .count = 3, .pc = {0x1010, 0x2020, 0x3030}};
static const struct trace marked = {
    .id = 2, .count = 1, .file = "a.c", .line = 7, .pc = {0x1010}};
static const struct trace file_only = {.id = 3, .file = "b.c", .line = 9};
static const struct trace empty = {.id = 4};

static unsigned
resolve(uintptr_t pc, uint32_t generation, struct names_scratch *scratch)
{
    (void)generation;
    if (pc == 0x1010) {
        scratch->frames[0].function = "inner";
        scratch->frames[0].file = "in.h";
        scratch->frames[0].line = 1;
        scratch->frames[0].is_inlined = true;
        scratch->frames[1].function = "outer";
        scratch->frames[1].function_offset = 0x10;
        scratch->frames[1].module = "/lib/x.so";
        return 2;
    }
    if (pc == 0x2020) {
        scratch->frames[0].module = "/lib/x.so";
        scratch->frames[0].module_offset = 0x201f;
    }
    return 1;
}

static unsigned releases;

static void
release(void)
{
    releases++;
}

static const struct names_resolver resolver = {.resolve = resolve,
                                               .release = release};

static int
use_ours(void **state)
{
    (void)state;
    names_use(&resolver);
    buffer_clear(&out);
    return 0;
}

static int
use_none(void **state)
{
    (void)state;
    names_use(NULL);
    return 0;
}

static void
expect(const char *text)
{
    assert_string_equal(out.bytes == NULL ? "" : out.bytes, text);
    buffer_clear(&out);
}

static void
test_report_frame_text_forms(void **state)
{
    (void)state;
    report_frame_text(&out, &deep, 0);
    expect("inner (in.h:1) in outer+0x10 (x.so)");
    report_frame_text(&out, &deep, 1);
    expect("x.so+0x201f");
    report_frame_text(&out, &deep, 2);
    expect("0x3030");
    report_frame_text(&out, &file_only, 0);
    expect("b.c:9");
}

static void
test_report_frame_text_past_the_end_is_nothing(void **state)
{
    (void)state;
    buffer_text(&out, "x");
    report_frame_text(&out, &deep, 3);
    report_frame_text(&out, &empty, 0);
    report_frame_text(&out, NULL, 0);
    expect("x");
}

static void
test_report_frame_text_header_s_line_is_preferred(void **state)
{
    (void)state;
    report_frame_text(&out, &marked, 0);
    expect("inner (a.c:7) in outer+0x10 (x.so)");
}

static void
test_names_list_shows_each_frame_and_counts_the_rest(void **state)
{
    (void)state;
    names_list(&out, &deep, 2, 0);
    expect("  inner (in.h:1) [inlined]\n  outer+0x10 (x.so)\n"
           "  x.so+0x201f\n  0x3030\n");
    names_list(&out, &deep, 0, 1);
    expect("inner (in.h:1) [inlined]\nouter+0x10 (x.so)\n"
           "... 2 more frames\n");
}

static void
test_names_site_one_frame_stands_in_the_line(void **state)
{
    (void)state;
    names_site(&out, &file_only, ", ago", 2);
    expect(" at b.c:9, ago\n");
    names_site(&out, &deep, ", ago", 2);
    assert_int_equal(strncmp(out.bytes, ", ago at:\n  inner", 17), 0);
    buffer_clear(&out);
    names_site(&out, NULL, ", ago", 2);
    expect(", ago\n");
}

static void
test_names_brief_without_trace_says_so(void **state)
{
    (void)state;
    names_brief(&out, &empty);
    expect("a place that was not recorded");
}

static void
test_names_release_waits_for_no_session(void **state)
{
    bool is_session = names_begin();

    (void)state;
    assert_true(is_session);
    releases = 0;
    names_release();
    assert_int_equal(releases, 0);
    names_end(is_session);
    names_release();
    assert_int_equal(releases, 1);
}

static void
test_names_reset_forgets_sessions(void **state)
{
    bool is_session = names_begin();

    (void)state;
    releases = 0;
    names_reset();
    names_release();
    assert_int_equal(releases, 1);
    names_end(is_session);
    names_release();
    assert_int_equal(releases, 2);
}

/* A handler comes while the thread is inside the resolver. */
static unsigned
resolve_interrupted(uintptr_t pc, uint32_t generation,
                    struct names_scratch *scratch)
{
    struct names_scratch inner;

    (void)pc;
    (void)generation;
    assert_false(names_begin());
    assert_int_equal(names_frames(&deep, 0, &inner), 1);
    assert_null(inner.frames[0].function);
    assert_int_equal(inner.frames[0].address, 0x1010);
    scratch->frames[0].function = "named";
    return 1;
}

static void
test_names_frames_inside_the_resolver_are_bare(void **state)
{
    static const struct names_resolver interrupted = {.resolve =
                                                          resolve_interrupted};

    (void)state;
    names_use(&interrupted);
    report_frame_text(&out, &deep, 2);
    expect("named+0x0");
}

/* Without a resolver of one's own the modules of this process name it. */
static void
test_names_frames_of_this_process_have_a_module(void **state)
{
    struct names_scratch scratch;
    static const struct trace here = {
        .id = 9,
        .count = 1,
        .pc = {(uintptr_t)&test_names_frames_of_this_process_have_a_module +
               1}};

    (void)state;
    assert_int_equal(modules_refresh(), 0);
    assert_int_equal(names_frames(&here, 0, &scratch), 1);
    assert_non_null(scratch.frames[0].module);
    assert_non_null(strstr(scratch.frames[0].module, "test_names"));
    assert_int_equal(scratch.frames[0].address, here.pc[0]);
    assert_string_equal(scratch.frames[0].function,
                        "test_names_frames_of_this_process_have_a_module");
    names_release();
}

#define TEST(test_case)                                                        \
    cmocka_unit_test_setup_teardown(test_case, use_ours, use_none)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_frame_text_forms),
        TEST(test_report_frame_text_past_the_end_is_nothing),
        TEST(test_report_frame_text_header_s_line_is_preferred),
        TEST(test_names_list_shows_each_frame_and_counts_the_rest),
        TEST(test_names_site_one_frame_stands_in_the_line),
        TEST(test_names_brief_without_trace_says_so),
        TEST(test_names_release_waits_for_no_session),
        TEST(test_names_reset_forgets_sessions),
        TEST(test_names_frames_inside_the_resolver_are_bare),
        cmocka_unit_test(test_names_frames_of_this_process_have_a_module),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
