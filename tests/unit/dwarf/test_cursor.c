/*
 * test_cursor.c - the bounded reader.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
test_cursor_u32_in_bounds_reads(void **state)
{
    const unsigned char bytes[] = {1, 0, 0, 0, 9};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_int_equal(cursor_u32(&c), 1);
    assert_int_equal(cursor_u8(&c), 9);
    assert_false(c.failed);
    assert_int_equal(cursor_left(&c), 0);
}

static void
test_cursor_u64_past_end_fails_and_stays_failed(void **state)
{
    const unsigned char bytes[] = {1, 2, 3, 4, 5, 6, 7};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_int_equal(cursor_u64(&c), 0);
    assert_true(c.failed);
    assert_int_equal(cursor_u8(&c), 0);
    assert_true(c.failed);
}

static void
test_cursor_of_offset_outside_fails(void **state)
{
    const unsigned char bytes[4] = {0};

    (void)state;
    assert_false(cursor_of(bytes, 4, 4).failed);
    assert_true(cursor_of(bytes, 4, 5).failed);
    assert_true(cursor_of(bytes, 4, UINT64_MAX).failed);
}

static void
test_cursor_uleb_long_values_read(void **state)
{
    /* The examples of DWARF 5, table 7.7, and the largest number. */
    const unsigned char bytes[] = {2,    0x7f, 0x80, 0x01, 0x81, 0x01, 0xb9,
                                   0x64, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                   0xff, 0xff, 0xff, 0x01};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_int_equal(cursor_uleb(&c), 2);
    assert_int_equal(cursor_uleb(&c), 127);
    assert_int_equal(cursor_uleb(&c), 128);
    assert_int_equal(cursor_uleb(&c), 129);
    assert_int_equal(cursor_uleb(&c), 12857);
    assert_true(cursor_uleb(&c) == UINT64_MAX);
    assert_false(c.failed);
}

static void
test_cursor_uleb_without_end_fails(void **state)
{
    const unsigned char bytes[] = {0x80, 0x80};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    (void)cursor_uleb(&c);
    assert_true(c.failed);
}

static void
test_cursor_sleb_signs_read(void **state)
{
    /* The examples of DWARF 5, table 7.8. */
    const unsigned char bytes[] = {2,    0x7e, 0xff, 0x00, 0x81, 0x7f,
                                   0x80, 0x01, 0x80, 0x7f, 0x81, 0x01};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_int_equal(cursor_sleb(&c), 2);
    assert_int_equal(cursor_sleb(&c), -2);
    assert_int_equal(cursor_sleb(&c), 127);
    assert_int_equal(cursor_sleb(&c), -127);
    assert_int_equal(cursor_sleb(&c), 128);
    assert_int_equal(cursor_sleb(&c), -128);
    assert_int_equal(cursor_sleb(&c), 129);
}

static void
test_cursor_signed_sizes_extend_the_sign(void **state)
{
    const unsigned char bytes[] = {0xff, 0xfe, 0xff, 0xfd, 0xff, 0xff, 0xff};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_int_equal(cursor_signed(&c, 1), -1);
    assert_int_equal(cursor_signed(&c, 2), -2);
    assert_int_equal(cursor_signed(&c, 4), -3);
}

static void
test_cursor_unsigned_odd_sizes_fail(void **state)
{
    const unsigned char bytes[16] = {1, 2, 3};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_int_equal(cursor_unsigned(&c, 3), 0x030201);
    assert_int_equal(cursor_unsigned(&c, 5), 0);
    assert_true(c.failed);
    c = cursor_of(bytes, sizeof bytes, 0);
    assert_int_equal(cursor_signed(&c, 0), 0);
    assert_true(c.failed);
}

static void
test_cursor_length_formats_told_apart(void **state)
{
    const unsigned char bytes[] = {5,    0,    0,    0, 0xff, 0xff, 0xff,
                                   0xff, 6,    0,    0, 0,    0,    0,
                                   0,    0,    0xf0, 0xff, 0xff, 0xff};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);
    bool is_64;

    (void)state;
    assert_int_equal(cursor_length(&c, &is_64), 5);
    assert_false(is_64);
    assert_int_equal(cursor_length(&c, &is_64), 6);
    assert_true(is_64);
    (void)cursor_length(&c, &is_64);
    assert_true(c.failed);
}

static void
test_cursor_text_needs_its_end(void **state)
{
    const char bytes[] = {'a', 'b', 0, 'c'};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    assert_string_equal(cursor_text(&c), "ab");
    assert_null(cursor_text(&c));
    assert_true(c.failed);
}

static void
test_cursor_limit_ends_earlier_never_later(void **state)
{
    const unsigned char bytes[8] = {0};
    struct cursor c = cursor_of(bytes, sizeof bytes, 0);

    (void)state;
    cursor_limit(&c, 4);
    assert_int_equal(cursor_left(&c), 4);
    cursor_limit(&c, 5);
    assert_true(c.failed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cursor_u32_in_bounds_reads),
        cmocka_unit_test(test_cursor_u64_past_end_fails_and_stays_failed),
        cmocka_unit_test(test_cursor_of_offset_outside_fails),
        cmocka_unit_test(test_cursor_uleb_long_values_read),
        cmocka_unit_test(test_cursor_uleb_without_end_fails),
        cmocka_unit_test(test_cursor_sleb_signs_read),
        cmocka_unit_test(test_cursor_signed_sizes_extend_the_sign),
        cmocka_unit_test(test_cursor_unsigned_odd_sizes_fail),
        cmocka_unit_test(test_cursor_length_formats_told_apart),
        cmocka_unit_test(test_cursor_text_needs_its_end),
        cmocka_unit_test(test_cursor_limit_ends_earlier_never_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
