/*
 * test_format.c - printing without libc. What printf can do too is compared
 * with it.
 */
#include "base/format.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* CHECK_LIKE_PRINTF - both print the same and return the same length. */
#define CHECK_LIKE_PRINTF(...)                                                 \
    do {                                                                       \
        char ours_[128];                                                       \
        char theirs_[128];                                                     \
        size_t length_ = format_text(ours_, sizeof(ours_), __VA_ARGS__);       \
        int expected_ = snprintf(theirs_, sizeof(theirs_), __VA_ARGS__);       \
        assert_string_equal(ours_, theirs_);                                   \
        assert_int_equal(length_, expected_);                                  \
    } while (0)

static void
test_format_text_plain_is_copied(void **state)
{
    (void)state;
    CHECK_LIKE_PRINTF("plain");
    CHECK_LIKE_PRINTF("100%%");
}

static void
test_format_text_integers_like_printf(void **state)
{
    (void)state;
    CHECK_LIKE_PRINTF("%d %i %u", 0, -1, 1u);
    CHECK_LIKE_PRINTF("%d %d", INT_MIN, INT_MAX);
    CHECK_LIKE_PRINTF("%ld %lu", LONG_MIN, ULONG_MAX);
    CHECK_LIKE_PRINTF("%lld %llu", LLONG_MIN, ULLONG_MAX);
    CHECK_LIKE_PRINTF("%zu %zd %tx", (size_t)7, (ssize_t)-7, (ptrdiff_t)-7);
    CHECK_LIKE_PRINTF("%ju %jd", UINTMAX_MAX, INTMAX_MIN);
    CHECK_LIKE_PRINTF("%x %X %lx", 0xbeefu, 0xbeefu, 0xfeedfacecafeUL);
}

static void
test_format_text_short_lengths_cut_the_value(void **state)
{
    (void)state;
    CHECK_LIKE_PRINTF("%hhu %hhd", (unsigned char)200, (signed char)-56);
    CHECK_LIKE_PRINTF("%hu %hd", (unsigned short)65535, (short)-1);
}

static void
test_format_text_width_and_flags_like_printf(void **state)
{
    (void)state;
    CHECK_LIKE_PRINTF("[%5d] [%-5d] [%05d] [%+d]", 42, 42, 42, 42);
    CHECK_LIKE_PRINTF("[%05d] [%+05d]", -42, 42);
    CHECK_LIKE_PRINTF("[%.3d] [%8.3d] [%-8.3d]", 7, 7, 7);
    CHECK_LIKE_PRINTF("[%.0d] [%.0x] [%5.0u]", 0, 0u, 0u);
    CHECK_LIKE_PRINTF("[%*d] [%*d] [%.*d] [%.*d]", 6, 1, -6, 2, 4, 3, -4, 4);
    CHECK_LIKE_PRINTF("[%16lx] [%016lx]", 0xabcUL, 0xabcUL);
    CHECK_LIKE_PRINTF("[%1d]", 12345);
}

static void
test_format_text_strings_like_printf(void **state)
{
    (void)state;
    CHECK_LIKE_PRINTF("[%s] [%5s] [%-5s]", "ab", "ab", "ab");
    CHECK_LIKE_PRINTF("[%.2s] [%5.1s] [%.0s]", "abc", "abc", "abc");
    CHECK_LIKE_PRINTF("[%.*s]", 2, "abc");
    CHECK_LIKE_PRINTF("[%c] [%3c] [%-3c]", 'x', 'y', 'z');
}

static void
test_format_text_precision_reads_no_further(void **state)
{
    char buffer[16];
    const char bytes[2] = {'a', 'b'};

    (void)state;
    assert_int_equal(format_text(buffer, sizeof(buffer), "%.2s", bytes), 2);
    assert_string_equal(buffer, "ab");
}

static void
test_format_text_null_string_is_named(void **state)
{
    char buffer[16];
    const char *volatile nothing = NULL;

    (void)state;
    (void)format_text(buffer, sizeof(buffer), "%s", nothing);
    assert_string_equal(buffer, "(null)");
}

static void
test_format_text_pointer_is_hexadecimal(void **state)
{
    char buffer[32];

    (void)state;
    (void)format_text(buffer, sizeof(buffer), "%p", (void *)0x1234abcd);
    assert_string_equal(buffer, "0x1234abcd");
    (void)format_text(buffer, sizeof(buffer), "%p", NULL);
    assert_string_equal(buffer, "0x0");
    (void)format_text(buffer, sizeof(buffer), "[%8p]", (void *)0x12);
    assert_string_equal(buffer, "[    0x12]");
}

static void
test_format_text_quote_groups_thousands(void **state)
{
    char buffer[64];

    (void)state;
    (void)format_text(buffer, sizeof(buffer), "%'d %'d %'u", 999, -1000,
                      1234567U);
    assert_string_equal(buffer, "999 -1,000 1,234,567");
    (void)format_text(buffer, sizeof(buffer), "%'llu", ULLONG_MAX);
    assert_string_equal(buffer, "18,446,744,073,709,551,615");
    (void)format_text(buffer, sizeof(buffer), "[%'7d]", 1000);
    assert_string_equal(buffer, "[  1,000]");
}

/* The formats are variables, so that the compiler does not refuse them. */
static void
check_odd(const char *format, const char *expected)
{
    char buffer[32];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    (void)format_text(buffer, sizeof(buffer), format);
#pragma GCC diagnostic pop
    assert_string_equal(buffer, expected);
}

static void
test_format_text_unknown_conversion_is_copied(void **state)
{
    (void)state;
    check_odd("a %f b", "a %f b");
    check_odd("%n", "%n");
    check_odd("%-5.2q|", "%-5.2q|");
    check_odd("50%", "50%");
    check_odd("%5", "%5");
}

static void
test_format_text_too_long_is_cut_and_terminated(void **state)
{
    char buffer[6] = "zzzzz";

    (void)state;
    assert_int_equal(format_text(buffer, 5, "%s-%d", "abc", 123), 7);
    assert_memory_equal(buffer, "abc-\0\0", 6);
    assert_int_equal(format_text(buffer, 1, "%d", 123), 3);
    assert_string_equal(buffer, "");
}

static void
test_format_text_size_0_only_counts(void **state)
{
    (void)state;
    assert_int_equal(format_text(NULL, 0, "%s %5d", "abc", 1), 9);
}

static void
test_format_text_huge_width_is_counted(void **state)
{
    char buffer[8];

    (void)state;
    assert_int_equal(format_text(buffer, sizeof(buffer), "%50000d", 1), 50000);
    assert_string_equal(buffer, "       ");
}

static void
check_size(uint64_t bytes, const char *expected)
{
    char buffer[16];

    assert_string_equal(format_size(buffer, sizeof(buffer), bytes), expected);
}

static void
test_format_size_each_unit_is_used(void **state)
{
    (void)state;
    check_size(0, "0 B");
    check_size(812, "812 B");
    check_size(1023, "1023 B");
    check_size(1024, "1.0 KiB");
    check_size(3482, "3.4 KiB");
    check_size(UINT64_C(5) << 20, "5.0 MiB");
    check_size(UINT64_C(1288490189), "1.2 GiB");
    check_size(UINT64_C(1) << 40, "1.0 TiB");
    check_size(UINT64_C(3) << 49, "1.5 PiB");
    check_size(UINT64_C(3) << 60, "3.0 EiB");
}

static void
test_format_size_rounding_up_changes_unit(void **state)
{
    (void)state;
    check_size((UINT64_C(1) << 20) - 1, "1.0 MiB");
    check_size((UINT64_C(1) << 20) - 51, "1.0 MiB");
    check_size((UINT64_C(1) << 20) - 52, "1023.9 KiB");
    check_size(UINT64_MAX, "16.0 EiB");
}

static void
check_time(uint64_t ns, const char *expected)
{
    char buffer[24];

    assert_string_equal(format_time(buffer, sizeof(buffer), ns), expected);
}

static void
test_format_time_each_unit_is_used(void **state)
{
    const uint64_t second = UINT64_C(1000000000);

    (void)state;
    check_time(0, "0 ns");
    check_time(999, "999 ns");
    check_time(1000, "1 us");
    check_time(999999, "999 us");
    check_time(812 * UINT64_C(1000000), "812 ms");
    check_time(second - 1, "999 ms");
    check_time(second * 34 / 10, "3.4 s");
    check_time(60 * second - 1, "59.9 s");
    check_time(125 * second, "2 m 05 s");
    check_time(3720 * second, "1 h 02 m");
    check_time((3 * 86400 + 4 * 3600 + 59) * second, "3 d 04 h");
    check_time(UINT64_MAX, "213503 d 23 h");
}

static void
check_ratio(uint64_t part, uint64_t whole, unsigned scale, unsigned digits,
            const char *expected)
{
    char buffer[32];

    assert_string_equal(
        format_ratio(buffer, sizeof(buffer), part, whole, scale, digits),
        expected);
}

static void
test_format_ratio_values_are_rounded(void **state)
{
    (void)state;
    check_ratio(1, 3, 100, 1, "33.3");
    check_ratio(2, 3, 100, 1, "66.7");
    check_ratio(2, 3, 100, 0, "67");
    check_ratio(1, 2, 1, 6, "0.500000");
    check_ratio(0, 5, 100, 2, "0.00");
    check_ratio(1999, 1000, 1, 2, "2.00");
    check_ratio(UINT64_MAX, UINT64_MAX, 100, 1, "100.0");
}

static void
test_format_ratio_of_nothing_is_a_dash(void **state)
{
    (void)state;
    check_ratio(5, 0, 100, 1, "-");
}

static void
test_format_ratio_enormous_stops_at_64_bits(void **state)
{
    (void)state;
    check_ratio(UINT64_MAX, 1, 100, 0, "18446744073709551615");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format_text_plain_is_copied),
        cmocka_unit_test(test_format_text_integers_like_printf),
        cmocka_unit_test(test_format_text_short_lengths_cut_the_value),
        cmocka_unit_test(test_format_text_width_and_flags_like_printf),
        cmocka_unit_test(test_format_text_strings_like_printf),
        cmocka_unit_test(test_format_text_precision_reads_no_further),
        cmocka_unit_test(test_format_text_null_string_is_named),
        cmocka_unit_test(test_format_text_pointer_is_hexadecimal),
        cmocka_unit_test(test_format_text_quote_groups_thousands),
        cmocka_unit_test(test_format_text_unknown_conversion_is_copied),
        cmocka_unit_test(test_format_text_too_long_is_cut_and_terminated),
        cmocka_unit_test(test_format_text_size_0_only_counts),
        cmocka_unit_test(test_format_text_huge_width_is_counted),
        cmocka_unit_test(test_format_size_each_unit_is_used),
        cmocka_unit_test(test_format_size_rounding_up_changes_unit),
        cmocka_unit_test(test_format_time_each_unit_is_used),
        cmocka_unit_test(test_format_ratio_values_are_rounded),
        cmocka_unit_test(test_format_ratio_of_nothing_is_a_dash),
        cmocka_unit_test(test_format_ratio_enormous_stops_at_64_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
