/*
 * test_emit.c - JSON, one value after the other.
 */
#include "report/emit.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static struct buffer out = BUFFER_INIT;
static struct emit emit;

static int
start(void **state)
{
    (void)state;
    buffer_clear(&out);
    emit_begin(&emit, &out);
    return 0;
}

static void
expect_text(const char *text, const char *json)
{
    buffer_clear(&out);
    emit_begin(&emit, &out);
    emit_text(&emit, NULL, text);
    assert_string_equal(out.bytes, json);
}

static void
test_emit_object_nests_and_indents(void **state)
{
    (void)state;
    emit_object(&emit, NULL);
    emit_number(&emit, "a", UINT64_MAX);
    emit_list(&emit, "b");
    emit_signed(&emit, NULL, -1);
    emit_bool(&emit, NULL, true);
    emit_close(&emit);
    emit_text(&emit, "c", NULL);
    emit_address(&emit, "d", 0xabc);
    emit_end(&emit);
    assert_string_equal(out.bytes, "{\n  \"a\": 18446744073709551615,\n"
                                   "  \"b\": [\n    -1,\n    true\n  ],\n"
                                   "  \"c\": null,\n  \"d\": \"0xabc\"\n}\n");
}

static void
test_emit_object_compact_is_one_line(void **state)
{
    (void)state;
    emit_list(&emit, NULL);
    emit_object_compact(&emit, NULL);
    emit_number(&emit, "a", 1);
    emit_list(&emit, "b");
    emit_number(&emit, NULL, 2);
    emit_number(&emit, NULL, 3);
    emit_close(&emit);
    emit_close(&emit);
    emit_list_compact(&emit, NULL);
    emit_end(&emit);
    assert_string_equal(out.bytes,
                        "[\n  {\"a\": 1, \"b\": [2, 3]},\n  []\n]\n");
}

static void
test_emit_list_empty_has_no_lines(void **state)
{
    (void)state;
    emit_object(&emit, NULL);
    emit_end(&emit);
    assert_string_equal(out.bytes, "{}\n");
}

static void
test_emit_text_controls_are_escaped(void **state)
{
    (void)state;
    expect_text("", "\"\"");
    expect_text("a\"b\\c", "\"a\\\"b\\\\c\"");
    expect_text("\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"");
    expect_text("\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\"");
}

static void
test_emit_text_utf8_stays(void **state)
{
    (void)state;
    expect_text("\xc3\xa9", "\"\xc3\xa9\"");
    expect_text("\xe2\x82\xac", "\"\xe2\x82\xac\"");
    expect_text("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
    expect_text("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
}

static void
test_emit_text_other_bytes_are_escaped(void **state)
{
    (void)state;
    expect_text("\xff", "\"\\u00ff\"");
    expect_text("a\xc3", "\"a\\u00c3\"");
    expect_text("\x80z", "\"\\u0080z\"");
    expect_text("\xc0\xaf", "\"\\u00c0\\u00af\"");
    expect_text("\xe0\x80\xaf", "\"\\u00e0\\u0080\\u00af\"");
    expect_text("\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"");
    expect_text("\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"");
    expect_text("\xe2\x82", "\"\\u00e2\\u0082\"");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_emit_object_nests_and_indents, start),
        cmocka_unit_test_setup(test_emit_object_compact_is_one_line, start),
        cmocka_unit_test_setup(test_emit_list_empty_has_no_lines, start),
        cmocka_unit_test(test_emit_text_controls_are_escaped),
        cmocka_unit_test(test_emit_text_utf8_stays),
        cmocka_unit_test(test_emit_text_other_bytes_are_escaped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
