/*
 * test_text.c - bounded text.
 */
#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

static void
test_text_is_equal_pairs_compare(void **state)
{
    (void)state;
    assert_true(text_is_equal("", ""));
    assert_true(text_is_equal("abc", "abc"));
    assert_false(text_is_equal("abc", "ab"));
    assert_false(text_is_equal("ab", "abc"));
}

static void
test_text_is_equal_n_needs_all_and_no_more(void **state)
{
    (void)state;
    assert_true(text_is_equal_n("ab", "abc", 2));
    assert_false(text_is_equal_n("ab", "abc", 3));
    assert_false(text_is_equal_n("abc", "abc", 2));
    assert_true(text_is_equal_n("", "abc", 0));
    assert_false(text_is_equal_n("a", "a\0", 2));
}

static void
test_text_has_prefix_pairs_compare(void **state)
{
    (void)state;
    assert_true(text_has_prefix("leak=on", "leak="));
    assert_true(text_has_prefix("x", ""));
    assert_false(text_has_prefix("le", "leak"));
    assert_false(text_has_prefix("loak", "leak"));
}

static void
test_text_copy_that_fits_is_whole(void **state)
{
    char target[4];

    (void)state;
    assert_int_equal(text_copy(target, sizeof(target), "abc"), 3);
    assert_string_equal(target, "abc");
}

static void
test_text_copy_too_long_is_cut_and_terminated(void **state)
{
    char target[4] = "zzz";

    (void)state;
    assert_int_equal(text_copy(target, sizeof(target), "abcdef"), 6);
    assert_string_equal(target, "abc");
    assert_int_equal(text_copy(target, 1, "abcdef"), 6);
    assert_string_equal(target, "");
}

static void
test_text_copy_n_part_without_nul_is_terminated(void **state)
{
    char target[8];

    (void)state;
    assert_int_equal(text_copy_n(target, sizeof(target), "abcdef", 2), 2);
    assert_string_equal(target, "ab");
    assert_int_equal(text_copy_n(target, 2, "abcdef", 6), 6);
    assert_string_equal(target, "a");
}

static void
test_text_base_name_paths_give_last_part(void **state)
{
    (void)state;
    assert_string_equal(text_base_name("/usr/bin/env"), "env");
    assert_string_equal(text_base_name("env"), "env");
    assert_string_equal(text_base_name("dir/"), "");
    assert_string_equal(text_base_name(""), "");
}

static void
test_text_trim_blanks_at_both_ends_go(void **state)
{
    const char *text = " \t a b\r\n";
    size_t n = strlen(text);

    (void)state;
    text_trim(&text, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(text, "a b", 3);
}

static void
test_text_trim_only_blanks_leaves_nothing(void **state)
{
    const char *text = " \t ";
    size_t n = 3;

    (void)state;
    text_trim(&text, &n);
    assert_int_equal(n, 0);
    text_trim(&text, &n);
    assert_int_equal(n, 0);
}

static void
test_text_match_patterns_match_as_in_a_shell(void **state)
{
    static const struct {
        const char *pattern;
        const char *text;
        bool matches;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything", true},
        {"?", "", false},
        {"?", "a", true},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"a*c", "ac", true},
        {"a*c", "abcbc", true},
        {"a*c", "abcb", false},
        {"*.so", "libc.so", true},
        {"*.so", "libc.so.6", false},
        {"*.so*", "libc.so.6", true},
        {"std::*<*>", "std::vector<int>", true},
        {"**a**", "bab", true},
        {"abc", "ab", false},
        {"ab", "abc", false},
        {"*ab*ab*", "abxab", true},
        {"*ab*ab*", "abab", true},
        {"*ab*ab*", "aab", false},
        {"*", "*", true},
        {"a*b?d", "axxbcbcd", true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++)
        assert_true(text_match(cases[i].pattern, cases[i].text) ==
                    cases[i].matches);
}

/* A matcher that tries every split for every star would not end here. */
static void
test_text_match_many_stars_ends_soon(void **state)
{
    char pattern[101];
    char text[1001];

    (void)state;
    for (int i = 0; i < 100; i += 2) {
        pattern[i] = '*';
        pattern[i + 1] = 'a';
    }
    pattern[100] = '\0';
    pattern[99] = 'b';
    memset(text, 'a', 1000);
    text[1000] = '\0';
    assert_false(text_match(pattern, text));
}

static void
check_u64(const char *text, int error, uint64_t expected)
{
    uint64_t value = 99;

    assert_int_equal(text_read_u64(text, strlen(text), &value), error);
    assert_true(value == (error == 0 ? expected : 99));
}

static void
test_text_read_u64_good_numbers_are_read(void **state)
{
    (void)state;
    check_u64("0", 0, 0);
    check_u64("42", 0, 42);
    check_u64("0x1F", 0, 31);
    check_u64("0Xff", 0, 255);
    check_u64("017", 0, 15);
    check_u64("18446744073709551615", 0, UINT64_MAX);
    check_u64("0xffffffffffffffff", 0, UINT64_MAX);
}

static void
test_text_read_u64_bad_numbers_are_refused(void **state)
{
    (void)state;
    check_u64("", -EINVAL, 0);
    check_u64("x", -EINVAL, 0);
    check_u64("-1", -EINVAL, 0);
    check_u64("+1", -EINVAL, 0);
    check_u64(" 1", -EINVAL, 0);
    check_u64("1 ", -EINVAL, 0);
    check_u64("12a", -EINVAL, 0);
    check_u64("0x", -EINVAL, 0);
    check_u64("0xg", -EINVAL, 0);
    check_u64("08", -EINVAL, 0);
    check_u64("18446744073709551616", -ERANGE, 0);
    check_u64("0x10000000000000000", -ERANGE, 0);
}

static void
test_text_read_u64_stops_at_the_length(void **state)
{
    uint64_t value = 0;

    (void)state;
    assert_int_equal(text_read_u64("1234", 2, &value), 0);
    assert_int_equal(value, 12);
}

static void
check_size(const char *text, int error, uint64_t expected)
{
    uint64_t value = 99;

    assert_int_equal(text_read_size(text, strlen(text), &value), error);
    assert_true(value == (error == 0 ? expected : 99));
}

static void
test_text_read_size_units_multiply(void **state)
{
    (void)state;
    check_size("512", 0, 512);
    check_size("512b", 0, 512);
    check_size("0k", 0, 0);
    check_size("4k", 0, 4096);
    check_size("4KB", 0, 4096);
    check_size("4KiB", 0, 4096);
    check_size("3m", 0, UINT64_C(3) << 20);
    check_size("2G", 0, UINT64_C(2) << 30);
    check_size("0x10k", 0, 16384);
}

static void
test_text_read_size_bad_units_are_refused(void **state)
{
    (void)state;
    check_size("4x", -EINVAL, 0);
    check_size("4 k", -EINVAL, 0);
    check_size("k", -EINVAL, 0);
    check_size("4kk", -EINVAL, 0);
    check_size("18014398509481984k", -ERANGE, 0);
    check_size("", -EINVAL, 0);
}

static void
check_time(const char *text, int error, uint64_t expected)
{
    uint64_t value = 99;

    assert_int_equal(text_read_time(text, strlen(text), &value), error);
    assert_true(value == (error == 0 ? expected : 99));
}

static void
test_text_read_time_units_multiply(void **state)
{
    const uint64_t second = UINT64_C(1000000000);

    (void)state;
    check_time("5", 0, 5 * second);
    check_time("5s", 0, 5 * second);
    check_time("250ms", 0, second / 4);
    check_time("2m", 0, 120 * second);
    check_time("1h", 0, 3600 * second);
    check_time("1D", 0, 86400 * second);
    check_time("1w", -EINVAL, 0);
    check_time("300000d", -ERANGE, 0);
}

static void
test_text_distance_words_count_edits(void **state)
{
    (void)state;
    assert_int_equal(text_distance("leak", "leak", 4), 0);
    assert_int_equal(text_distance("leak", "laek", 4), 1);
    assert_int_equal(text_distance("leak", "leaks", 5), 1);
    assert_int_equal(text_distance("leak", "lek", 3), 1);
    assert_int_equal(text_distance("leak", "leek", 4), 1);
    assert_int_equal(text_distance("", "abc", 3), 3);
    assert_int_equal(text_distance("abc", "", 0), 3);
    assert_int_equal(text_distance("kitten", "sitting", 7), 3);
    assert_int_equal(text_distance("abcdef", "badcfe", 6), 3);
    assert_int_equal(text_distance("ca", "abc", 3), 3);
}

static void
test_text_distance_long_words_give_64(void **state)
{
    char word[65];

    (void)state;
    memset(word, 'a', 64);
    word[64] = '\0';
    assert_int_equal(text_distance(word, word, 64), 64);
    assert_int_equal(text_distance(word + 1, word, 63), 0);
    assert_int_equal(text_distance("", word, 63), 63);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_equal_pairs_compare),
        cmocka_unit_test(test_text_is_equal_n_needs_all_and_no_more),
        cmocka_unit_test(test_text_has_prefix_pairs_compare),
        cmocka_unit_test(test_text_copy_that_fits_is_whole),
        cmocka_unit_test(test_text_copy_too_long_is_cut_and_terminated),
        cmocka_unit_test(test_text_copy_n_part_without_nul_is_terminated),
        cmocka_unit_test(test_text_base_name_paths_give_last_part),
        cmocka_unit_test(test_text_trim_blanks_at_both_ends_go),
        cmocka_unit_test(test_text_trim_only_blanks_leaves_nothing),
        cmocka_unit_test(test_text_match_patterns_match_as_in_a_shell),
        cmocka_unit_test(test_text_match_many_stars_ends_soon),
        cmocka_unit_test(test_text_read_u64_good_numbers_are_read),
        cmocka_unit_test(test_text_read_u64_bad_numbers_are_refused),
        cmocka_unit_test(test_text_read_u64_stops_at_the_length),
        cmocka_unit_test(test_text_read_size_units_multiply),
        cmocka_unit_test(test_text_read_size_bad_units_are_refused),
        cmocka_unit_test(test_text_read_time_units_multiply),
        cmocka_unit_test(test_text_distance_words_count_edits),
        cmocka_unit_test(test_text_distance_long_words_give_64),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
