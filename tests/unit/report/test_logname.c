/*
 * test_logname.c - the name of the log, from the pattern in the options.
 */
#include "report/logname.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static const struct logname_values values = {
    .pid = 1234,
    .program = "prog",
    .host = "ho/st",
    .unix_ns = UINT64_C(1700000000000000000),
    .uid = 1000,
    .forks = 2,
};

static void
expect(const char *pattern, const char *name)
{
    char buffer[64];

    assert_true(logname_expand(pattern, &values, buffer, sizeof(buffer)) <
                sizeof(buffer));
    assert_string_equal(buffer, name);
}

static void
test_logname_expand_letters_are_replaced(void **state)
{
    (void)state;
    expect("leaks.txt", "leaks.txt");
    expect("%p", "1234");
    expect("%e.%p.%n", "prog.1234.2");
    expect("/tmp/%h-%u", "/tmp/ho_st-1000");
    expect("%t", "20231114T221320Z");
    expect("100%%p", "100%p");
}

static void
test_logname_expand_unknown_letters_stay(void **state)
{
    (void)state;
    expect("a%qb", "a%qb");
    expect("a%", "a%");
    expect("%", "%");
}

static void
test_logname_expand_too_long_is_cut_and_says_so(void **state)
{
    char buffer[4];

    (void)state;
    assert_int_equal(logname_expand("a%pb", &values, buffer, sizeof(buffer)),
                     6);
    assert_string_equal(buffer, "a12");
}

static void
test_logname_is_unique_needs_a_pid(void **state)
{
    (void)state;
    assert_true(logname_is_unique("log.%p"));
    assert_false(logname_is_unique("log.%n"));
    assert_false(logname_is_unique("log.%%p"));
    assert_true(logname_is_unique("log.%%%p"));
    assert_false(logname_is_unique("log%"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logname_expand_letters_are_replaced),
        cmocka_unit_test(test_logname_expand_unknown_letters_stay),
        cmocka_unit_test(test_logname_expand_too_long_is_cut_and_says_so),
        cmocka_unit_test(test_logname_is_unique_needs_a_pid),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
