/*
 * test_buffer.c - bytes that grow at the end.
 */
#include "meta/buffer.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "meta/meta.h"
#include "os/page.h"

static void
test_buffer_add_bytes_are_kept_and_terminated(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_add(&buffer, "a\0b", 3);
    assert_int_equal(buffer.count, 3);
    assert_memory_equal(buffer.bytes, "a\0b\0", 4);
    buffer_fini(&buffer);
}

static void
test_buffer_add_nothing_is_an_empty_text(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_add(&buffer, NULL, 0);
    assert_int_equal(buffer.count, 0);
    assert_string_equal(buffer.bytes, "");
    buffer_fini(&buffer);
}

static void
test_buffer_char_many_grow_it(void **state)
{
    struct buffer buffer = BUFFER_INIT;
    uint64_t before = meta_bytes();

    (void)state;
    for (int i = 0; i < 100000; i++) {
        buffer_char(&buffer, (char)('a' + i % 26));
        if (i % 4096 > 4090 || i % 4096 < 5)
            assert_int_equal(buffer.bytes[buffer.count], '\0');
    }
    assert_int_equal(buffer.count, 100000);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(buffer.bytes[i], 'a' + i % 26);
    assert_false(buffer.failed);
    buffer_fini(&buffer);
    assert_true(meta_bytes() == before);
}

static void
test_buffer_text_large_is_added_at_once(void **state)
{
    static char text[50001];
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    buffer_text(&buffer, "start ");
    buffer_text(&buffer, text);
    assert_int_equal(buffer.count, 50006);
    assert_string_equal(buffer.bytes + 6, text);
    buffer_fini(&buffer);
}

static void
test_buffer_print_values_are_formatted(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_print(&buffer, "%s=%d", "x", 5);
    buffer_print(&buffer, ", %'u", 1000000U);
    assert_string_equal(buffer.bytes, "x=5, 1,000,000");
    buffer_fini(&buffer);
}

/* At every distance from the end of the mapping. */
static void
test_buffer_print_across_the_end_grows(void **state)
{
    (void)state;
    for (size_t room = 0; room < 20; room++) {
        struct buffer buffer = BUFFER_INIT;

        while (buffer.count < 4095 - room)
            buffer_char(&buffer, '.');
        buffer_print(&buffer, "%s %d", "abcdef", 123);
        assert_int_equal(buffer.count, 4095 - room + 10);
        assert_string_equal(buffer.bytes + 4095 - room, "abcdef 123");
        buffer_fini(&buffer);
    }
}

static void
test_buffer_pad_fills_to_the_column(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_text(&buffer, "ab");
    buffer_pad(&buffer, 4);
    buffer_text(&buffer, "|\nlong");
    buffer_pad(&buffer, 2);
    buffer_pad(&buffer, 5);
    buffer_char(&buffer, '|');
    assert_string_equal(buffer.bytes, "ab  |\nlong |");
    buffer_fini(&buffer);
}

static void
test_buffer_pad_empty_is_blanks(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_pad(&buffer, 3);
    assert_string_equal(buffer.bytes, "   ");
    buffer_fini(&buffer);
}

static void
test_buffer_add_refused_is_remembered(void **state)
{
    static char text[8000];
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_text(&buffer, "kept");
    memset(text, 'x', sizeof(text) - 1);
    page_fail_at(1, false);
    buffer_text(&buffer, text);
    assert_true(buffer.failed);
    assert_string_equal(buffer.bytes, "kept");
    page_fail_at(0, false);
    buffer_text(&buffer, "dropped");
    buffer_char(&buffer, 'd');
    buffer_print(&buffer, "%d", 1);
    buffer_pad(&buffer, 40);
    assert_string_equal(buffer.bytes, "kept");
    buffer_clear(&buffer);
    assert_false(buffer.failed);
    buffer_text(&buffer, "new");
    assert_string_equal(buffer.bytes, "new");
    buffer_fini(&buffer);
}

static void
test_buffer_print_refused_keeps_no_part(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_text(&buffer, "kept");
    page_fail_at(1, false);
    buffer_print(&buffer, "%5000d", 1);
    page_fail_at(0, false);
    assert_true(buffer.failed);
    assert_int_equal(buffer.count, 4);
    assert_string_equal(buffer.bytes, "kept");
    buffer_fini(&buffer);
}

static void
test_buffer_add_first_refused_has_no_bytes(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    page_fail_at(1, false);
    buffer_text(&buffer, "x");
    page_fail_at(0, false);
    assert_true(buffer.failed);
    assert_null(buffer.bytes);
    buffer_clear(&buffer);
    buffer_fini(&buffer);
}

static void
test_buffer_add_wrapping_size_fails(void **state)
{
    struct buffer buffer = BUFFER_INIT;

    (void)state;
    buffer_char(&buffer, 'x');
    buffer_add(&buffer, "", SIZE_MAX);
    assert_true(buffer.failed);
    buffer_clear(&buffer);
    buffer_add(&buffer, "", SIZE_MAX / 2 + 1);
    assert_true(buffer.failed);
    buffer_fini(&buffer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_buffer_add_bytes_are_kept_and_terminated),
        cmocka_unit_test(test_buffer_add_nothing_is_an_empty_text),
        cmocka_unit_test(test_buffer_char_many_grow_it),
        cmocka_unit_test(test_buffer_text_large_is_added_at_once),
        cmocka_unit_test(test_buffer_print_values_are_formatted),
        cmocka_unit_test(test_buffer_print_across_the_end_grows),
        cmocka_unit_test(test_buffer_pad_fills_to_the_column),
        cmocka_unit_test(test_buffer_pad_empty_is_blanks),
        cmocka_unit_test(test_buffer_add_refused_is_remembered),
        cmocka_unit_test(test_buffer_print_refused_keeps_no_part),
        cmocka_unit_test(test_buffer_add_first_refused_has_no_bytes),
        cmocka_unit_test(test_buffer_add_wrapping_size_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
