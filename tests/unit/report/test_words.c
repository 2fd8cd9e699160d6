/*
 * test_words.c - numbers, blocks and texts as a person reads them.
 */
#include "report/words.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static struct buffer out = BUFFER_INIT;

static void
expect(const char *text)
{
    assert_string_equal(out.bytes, text);
    buffer_clear(&out);
}

static void
test_words_count_one_has_no_s(void **state)
{
    (void)state;
    words_count(&out, 1, "block");
    expect("1 block");
    words_count(&out, 0, "block");
    expect("0 blocks");
    words_bytes(&out, 1234567);
    expect("1,234,567 bytes");
}

static void
test_words_total_joins_bytes_and_blocks(void **state)
{
    (void)state;
    words_total(&out, 1, 2);
    expect("1 byte in 2 blocks");
}

static void
test_words_safe_controls_are_shown(void **state)
{
    (void)state;
    words_safe(&out, "a\nb\x1b[31mc\x7f");
    expect("a\\x0ab\\x1b[31mc\\x7f");
    words_safe(&out, "\xc3\xa9 plain");
    expect("\xc3\xa9 plain");
    words_safe(&out, "a\xff\xc3");
    expect("a\\xff\\xc3");
    words_safe(&out, NULL);
    words_safe(&out, "x");
    expect("x");
}

static void
test_words_contain_finds_at_every_place(void **state)
{
    (void)state;
    assert_true(words_contain("abc", 3, "a", 1));
    assert_true(words_contain("abc", 3, "bc", 2));
    assert_true(words_contain("abc", 3, "abc", 3));
    assert_false(words_contain("abc", 3, "abcd", 4));
    assert_false(words_contain("abc", 2, "bc", 2));
    assert_false(words_contain("", 0, "a", 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_count_one_has_no_s),
        cmocka_unit_test(test_words_total_joins_bytes_and_blocks),
        cmocka_unit_test(test_words_safe_controls_are_shown),
        cmocka_unit_test(test_words_contain_finds_at_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
