/*
 * test_demangle.c - which reader a name goes to, and how C++'s is called.
 */
#include "symbol/demangle.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static int inside;
static int calls;
static int given;

/* In place of __cxa_demangle: says what it was asked. */
static char *
find(const char *name, char *buffer, size_t *size, int *status)
{
    char *result;

    assert_int_equal(inside, 1);
    assert_null(buffer);
    assert_null(size);
    calls++;
    if (strcmp(name, "_Zbad") == 0) {
        *status = -2;
        return NULL;
    }
    result = malloc(strlen(name) + 10);
    assert_non_null(result);
    strcpy(result, "read:");
    strcat(result, name);
    *status = 0;
    return result;
}

static void
enter(void)
{
    inside++;
}

static void
leave(void)
{
    inside--;
}

static void
give(void *p)
{
    assert_int_equal(inside, 1);
    given++;
    free(p);
}

static const struct demangle_hooks hooks = {
    .find = find, .enter = enter, .leave = leave, .give = give};

static int
reset(void **state)
{
    (void)state;
    inside = calls = given = 0;
    demangle_set_hooks(&hooks);
    return 0;
}

static void
test_demangle_name_cpp_goes_through_the_hooks(void **state)
{
    char buffer[64];

    (void)state;
    assert_true(demangle_name("_Z3foov", buffer, sizeof buffer));
    assert_string_equal(buffer, "read:_Z3foov");
    assert_int_equal(calls, 1);
    assert_int_equal(given, 1);
    assert_int_equal(inside, 0);
}

static void
test_demangle_name_unreadable_leaves_the_buffer(void **state)
{
    char buffer[8] = "before";

    (void)state;
    assert_false(demangle_name("_Zbad", buffer, sizeof buffer));
    assert_string_equal(buffer, "before");
    assert_int_equal(given, 0);
    assert_int_equal(inside, 0);
}

static void
test_demangle_name_without_hooks_nothing_is_called(void **state)
{
    char buffer[8] = "before";

    (void)state;
    demangle_set_hooks(NULL);
    assert_false(demangle_name("_Z3foov", buffer, sizeof buffer));
    assert_int_equal(calls, 0);
}

static void
test_demangle_name_rust_and_plain_need_no_call(void **state)
{
    char buffer[64];

    (void)state;
    assert_true(demangle_name("_RNvC1a1b", buffer, sizeof buffer));
    assert_string_equal(buffer, "a::b");
    assert_true(demangle_name("_ZN1a1b17h0123456789abcdefE", buffer,
                              sizeof buffer));
    assert_string_equal(buffer, "a::b");
    assert_false(demangle_name("main", buffer, sizeof buffer));
    assert_false(demangle_name("", buffer, sizeof buffer));
    assert_int_equal(calls, 0);
}

static void
test_demangle_name_long_result_is_cut(void **state)
{
    char buffer[10];

    (void)state;
    assert_true(demangle_name("_Z3foo3bar", buffer, sizeof buffer));
    assert_string_equal(buffer, "read:_...");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_demangle_name_cpp_goes_through_the_hooks,
                               reset),
        cmocka_unit_test_setup(test_demangle_name_unreadable_leaves_the_buffer,
                               reset),
        cmocka_unit_test_setup(
            test_demangle_name_without_hooks_nothing_is_called, reset),
        cmocka_unit_test_setup(test_demangle_name_rust_and_plain_need_no_call,
                               reset),
        cmocka_unit_test_setup(test_demangle_name_long_result_is_cut, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
