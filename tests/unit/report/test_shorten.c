/*
 * test_shorten.c - names that are far too long.
 */
#include "report/shorten.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void
expect(const char *name, size_t max, const char *wanted)
{
    char out[256];

    memset(out, 'x', sizeof out);
    shorten_name(out, sizeof out, name, max);
    assert_string_equal(out, wanted);
    assert_true(strlen(out) <= max);
}

static void
test_shorten_name_that_fits_stays(void **state)
{
    (void)state;
    expect("f(int)", 6, "f(int)");
    expect("", 6, "");
}

static void
test_shorten_name_leaves_out_the_innermost_first(void **state)
{
    const char *name = "std::map<int, std::vector<std::pair<int, long> > >"
                       "::find(int const&)";

    (void)state;
    expect(name, 67,
           "std::map<int, std::vector<std::pair<...> > >"
           "::find(int const&)");
    expect(name, 54, "std::map<int, std::vector<...> >::find(int const&)");
    expect(name, 24, "std::map<...>::find(...)");
}

static void
test_shorten_name_empty_brackets_stay(void **state)
{
    (void)state;
    expect("f<std::vector<int> >::g()", 14, "f<...>::g()");
}

static void
test_shorten_name_operators_are_no_brackets(void **state)
{
    (void)state;
    expect("a<int, int>::operator<<(b<int, int>)", 26,
           "a<...>::operator<<(...)");
    expect("a<int, int>::operator()(b<int, int>)", 26,
           "a<...>::operator()(...)");
    expect("a<int, int>::operator->(b<int, int>)", 26,
           "a<...>::operator->(...)");
}

static void
test_shorten_name_without_brackets_is_cut(void **state)
{
    (void)state;
    expect("abcdefghijklmnop", 10, "abcdefg...");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shorten_name_that_fits_stays),
        cmocka_unit_test(test_shorten_name_leaves_out_the_innermost_first),
        cmocka_unit_test(test_shorten_name_empty_brackets_stay),
        cmocka_unit_test(test_shorten_name_operators_are_no_brackets),
        cmocka_unit_test(test_shorten_name_without_brackets_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
