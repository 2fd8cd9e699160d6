/*
 * test_punycode.c - examples of RFC 3492, section 7.1, and damaged ones.
 */
#include "symbol/punycode.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void
check(const char *text, const uint32_t *wanted, int count)
{
    uint32_t points[64];
    int n = punycode_decode(text, strlen(text), '-', points, 64);

    assert_int_equal(n, count);
    for (int i = 0; i < count; i++)
        assert_int_equal(points[i], wanted[i]);
}

static void
test_punycode_decode_standard_examples(void **state)
{
    /* (B) simplified Chinese; (L) with digits and letters kept. */
    static const uint32_t chinese[] = {0x4ed6, 0x4eec, 0x4e3a, 0x4ec0, 0x4e48,
                                       0x4e0d, 0x8bf4, 0x4e2d, 0x6587};
    static const uint32_t mixed[] = {'3',    0x5e74, 'B',    0x7d44,
                                     0x91d1, 0x516b, 0x5148, 0x751f};

    (void)state;
    check("ihqwcrb4cv8a8dqg056pqjye", chinese, 9);
    check("3B-ww4c5e180e575a65lsy2b", mixed, 8);
}

static void
test_punycode_decode_letters_only(void **state)
{
    static const uint32_t points[] = {'a', 'b'};

    (void)state;
    check("ab-", points, 2);
    check("", points, 0);
}

static void
test_punycode_decode_malformed_refused(void **state)
{
    uint32_t points[4];

    (void)state;
    assert_int_equal(punycode_decode("a-!", 3, '-', points, 4), -1);
    assert_int_equal(punycode_decode("a-z", 3, '-', points, 4), -1);
    assert_int_equal(punycode_decode("99999999", 8, '-', points, 4), -1);
}

static void
test_punycode_decode_no_room_refused(void **state)
{
    uint32_t points[8];

    (void)state;
    assert_int_equal(
        punycode_decode("ihqwcrb4cv8a8dqg056pqjye", 24, '-', points, 8), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_punycode_decode_standard_examples),
        cmocka_unit_test(test_punycode_decode_letters_only),
        cmocka_unit_test(test_punycode_decode_malformed_refused),
        cmocka_unit_test(test_punycode_decode_no_room_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
