/*
 * test_rustlegacy.c - legacy names, and C++ names that look like them.
 */
#include "symbol/rustlegacy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
check(const char *name, const char *wanted)
{
    char buffer[256];

    assert_true(rustlegacy_demangle(name, buffer, sizeof buffer));
    assert_string_equal(buffer, wanted);
}

static void
test_rustlegacy_demangle_hash_is_left_out(void **state)
{
    (void)state;
    check("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE",
          "core::fmt::Formatter::pad");
    check("_ZN3foo3bar17h0123456789abcdefE.llvm.123", "foo::bar");
}

static void
test_rustlegacy_demangle_escapes(void **state)
{
    (void)state;
    check("_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$"
          "foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
          "<Test + 'static as foo::Bar<Test>>::bar");
    check("_ZN8$RF$test3a.b17h0123456789abcdefE", "&test::a.b");
}

static void
test_rustlegacy_demangle_others_refused(void **state)
{
    static const char *const names[] = {
        "_ZN3foo3barE",                       /* C++ */
        "_ZN3foo17h0123456789abcdeE",         /* hash too short */
        "_ZN3foo17h0123456789abcdeGE",        /* no hash */
        "_ZN3foo17h0123456789abcdefEv",       /* C++ with arguments */
        "_ZN99foo17h0123456789abcdefE", "_ZN17h0123456789abcdefE", "main", ""};
    char buffer[8] = "before";

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(rustlegacy_demangle(names[i], buffer, sizeof buffer));
        assert_string_equal(buffer, "before");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rustlegacy_demangle_hash_is_left_out),
        cmocka_unit_test(test_rustlegacy_demangle_escapes),
        cmocka_unit_test(test_rustlegacy_demangle_others_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
