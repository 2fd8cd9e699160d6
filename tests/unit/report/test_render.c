/*
 * test_render.c - which format, and when a report is worth saying.
 *
 * What the formats look like is in tests/golden. Here the log is "fd:9", a
 * descriptor of the program that is no file of the log's own, or a file.
 */
#include "report/render.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "os/page.h"

static char name[] = "/tmp/dbgmalloc-render-XXXXXX";
static char text[1 << 16];
static struct snapshot snapshot;

static int
start(void **state)
{
    (void)state;
    snapshot_init(&snapshot);
    snapshot.has_leaks = true;
    snapshot.has_stats = true;
    snapshot.counters[COUNTER_BLOCKS_FREED] = 5;
    assert_int_equal(
        conf_apply("log=fd:9,format=text,log-stats=auto,leak-dump=0"), 0);
    assert_int_equal(truncate(name, 0), 0);
    return 0;
}

static int
finish(void **state)
{
    (void)state;
    snapshot_fini(&snapshot);
    return 0;
}

static void
add_leak(uintptr_t addr, uint64_t size)
{
    struct snapshot_block *block = vector_add(&snapshot.blocks);

    assert_non_null(block);
    block->addr = addr;
    block->size = size;
    snapshot.live.blocks++;
    snapshot.live.bytes += size;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
}

/* What is written with `options`. */
static const char *
said(const char *options)
{
    int fd;
    ssize_t n;

    assert_int_equal(conf_apply(options), 0);
    report_reopen();
    report_snapshot(&snapshot);
    fd = open(name, O_RDONLY);
    assert_true(fd >= 0);
    n = read(fd, text, sizeof(text) - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(close(fd), 0);
    return text;
}

static const char *
file_option(const char *more)
{
    static char option[128];

    (void)snprintf(option, sizeof(option), "log=%s%s", name, more);
    return option;
}

static void
test_report_snapshot_nothing_wrong_at_exit_is_not_said(void **state)
{
    (void)state;
    assert_string_equal(said(""), "");
}

static void
test_report_snapshot_a_leak_at_exit_is_said_without_statistics(void **state)
{
    (void)state;
    add_leak(0x1000, 24);
    assert_non_null(strstr(said(""), "leaks: 24 bytes in 1 block from 1 site"));
    assert_null(strstr(text, "statistics"));
}

static void
test_report_snapshot_a_finding_at_exit_is_said(void **state)
{
    (void)state;
    snapshot.findings[FINDING_OVERRUN] = 1;
    assert_non_null(strstr(said(""), "findings: 1 (overrun 1)"));
}

static void
test_report_snapshot_reachable_blocks_alone_are_not_said(void **state)
{
    (void)state;
    add_leak(0x1000, 24);
    VECTOR_AT(&snapshot.blocks, struct snapshot_block, 0).kind = LEAK_REACHABLE;
    assert_int_equal(snapshot_group(&snapshot, SNAPSHOT_BY_STACK), 0);
    assert_string_equal(said(""), "");
}

static void
test_report_snapshot_statistics_on_are_said(void **state)
{
    (void)state;
    assert_non_null(strstr(said("log-stats"), "statistics"));
}

static void
test_report_snapshot_asked_for_is_said(void **state)
{
    (void)state;
    snapshot.reason = SNAPSHOT_SIGNAL;
    assert_non_null(strstr(said(""), "no leaks: all 5 blocks were freed"));
    assert_non_null(strstr(text, "statistics"));
}

static void
test_report_snapshot_to_a_file_has_all(void **state)
{
    (void)state;
    assert_non_null(strstr(said(file_option("")), "\nfindings: 0\n"));
    assert_non_null(strstr(text, "no leaks: all 5 blocks were freed\n"));
    assert_non_null(strstr(text, "\nstatistics\n"));
}

static void
test_report_snapshot_to_a_file_statistics_can_be_off(void **state)
{
    (void)state;
    assert_null(strstr(said(file_option(",log-stats=off")), "statistics"));
    assert_string_not_equal(text, "");
}

static void
test_report_snapshot_in_json_is_a_document(void **state)
{
    (void)state;
    assert_int_equal(said("format=json")[0], '{');
    assert_non_null(strstr(text, "\"findings_count\": 0"));
    assert_non_null(strstr(text, "\"counters\""));
}

static void
test_report_snapshot_leak_dump_shows_the_memory(void **state)
{
    static const char secret[] = "what the block holds";

    (void)state;
    add_leak((uintptr_t)secret, sizeof(secret));
    assert_non_null(strstr(said("leak-dump=8"), "77 68 61 74 20 74 68 65"));
    assert_null(strstr(text, "20 62 6c 6f"));
}

static void
test_report_snapshot_leak_dump_of_a_hole_says_so(void **state)
{
    (void)state;
    add_leak(0x1000, 24);
    assert_non_null(strstr(said("leak-dump=8"), "cannot be read"));
}

static void
test_report_render_without_memory_says_so(void **state)
{
    struct buffer out = BUFFER_INIT;

    (void)state;
    page_fail_at(1, true);
    assert_int_equal(report_render(&snapshot, REPORT_TEXT, &out), -ENOMEM);
    page_fail_at(0, false);
    buffer_fini(&out);
}

static void
test_report_render_unknown_format_is_refused(void **state)
{
    struct buffer out = BUFFER_INIT;

    (void)state;
    assert_int_equal(report_render(&snapshot, REPORT__FORMAT_COUNT, &out),
                     -EINVAL);
}

static void
test_report_format_key_is_the_option_s_word(void **state)
{
    (void)state;
    assert_string_equal(report_format_key(REPORT_TEXT), "text");
    assert_string_equal(report_format_key(REPORT_JSON), "json");
    assert_string_equal(report_format_key(REPORT__FORMAT_COUNT), "unknown");
}

static int
open_nine(void **state)
{
    int fd = mkstemp(name);

    (void)state;
    if (fd < 0 || fcntl(fd, F_SETFL, O_APPEND) != 0 || dup2(fd, 9) != 9)
        return -1;
    return fd == 9 ? 0 : close(fd);
}

static int
remove_file(void **state)
{
    (void)state;
    return unlink(name);
}

#define TEST(test_case)                                                        \
    cmocka_unit_test_setup_teardown(test_case, start, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_snapshot_nothing_wrong_at_exit_is_not_said),
        TEST(test_report_snapshot_a_leak_at_exit_is_said_without_statistics),
        TEST(test_report_snapshot_a_finding_at_exit_is_said),
        TEST(test_report_snapshot_reachable_blocks_alone_are_not_said),
        TEST(test_report_snapshot_statistics_on_are_said),
        TEST(test_report_snapshot_asked_for_is_said),
        TEST(test_report_snapshot_to_a_file_has_all),
        TEST(test_report_snapshot_to_a_file_statistics_can_be_off),
        TEST(test_report_snapshot_in_json_is_a_document),
        TEST(test_report_snapshot_leak_dump_shows_the_memory),
        TEST(test_report_snapshot_leak_dump_of_a_hole_says_so),
        TEST(test_report_render_without_memory_says_so),
        TEST(test_report_render_unknown_format_is_refused),
        TEST(test_report_format_key_is_the_option_s_word),
    };

    (void)unsetenv("DBGMALLOC_OPTS");
    conf_set_formats("text|json");
    conf_init(NULL);
    report_open();
    return cmocka_run_group_tests(tests, open_nine, remove_file);
}
