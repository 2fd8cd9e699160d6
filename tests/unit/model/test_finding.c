/*
 * test_finding.c - the names of findings.
 */
#include "model/finding.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void
test_finding_key_of_each_is_unique_and_plain(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FINDING__COUNT; i++) {
        const char *key = finding_key((enum finding_kind)i);

        assert_int_equal(strspn(key, "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(key));
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(key, finding_key((enum finding_kind)k));
        assert_string_not_equal(finding_title((enum finding_kind)i), "");
    }
    assert_string_equal(finding_key(FINDING_DOUBLE_FREE), "double-free");
}

static void
test_finding_key_of_an_unknown_kind_is_safe(void **state)
{
    (void)state;
    assert_string_equal(finding_key(FINDING__COUNT), "unknown");
    assert_non_null(finding_title((enum finding_kind) - 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finding_key_of_each_is_unique_and_plain),
        cmocka_unit_test(test_finding_key_of_an_unknown_kind_is_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
