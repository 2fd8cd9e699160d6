/*
 * What an unknown name is taken for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "conf/source.h"
#include "conf/suggest.h"
#include "said.h"

static char buffer[64];

static const char *
suggested(const char *name)
{
    return suggest_name(name, strlen(name), buffer, sizeof(buffer));
}

static void
test_suggest_name_one_letter_off_is_found(void **state)
{
    (void)state;
    assert_string_equal(suggested("check-fense"), "check-fence");
    assert_string_equal(suggested("check_fence"), "check-fence");
    assert_string_equal(suggested("checkfence"), "check-fence");
    assert_string_equal(suggested("lgo"), "log");
    assert_string_equal(suggested("fromat"), "format");
}

static void
test_suggest_name_preset_and_alias_are_found(void **state)
{
    (void)state;
    assert_string_equal(suggested("runtme"), "runtime");
    assert_string_equal(suggested("medum"), "medium");
    assert_string_equal(suggested("log-non-fre"), "log-non-free");
    assert_string_equal(suggested("lockom"), "lockon");
}

static void
test_suggest_name_off_form_is_found(void **state)
{
    (void)state;
    assert_string_equal(suggested("no-pirnt"), "no-print");
    assert_string_equal(suggested("no-check-fenc"), "no-check-fence");
}

static void
test_suggest_name_part_is_found(void **state)
{
    (void)state;
    assert_string_equal(suggested("fence"), "check-fence");
    assert_string_equal(suggested("mismatch"), "check-mismatch");
}

static void
test_suggest_name_far_from_all_is_none(void **state)
{
    (void)state;
    assert_null(suggested("zzyzx"));
    assert_null(suggested("x"));
    assert_null(suggested("qqqqqqqqqqqqqqqq"));
    assert_null(suggested("7f45"));
    assert_null(suggest_name("", 0, buffer, sizeof(buffer)));
}

static void
test_suggest_name_very_long_is_none(void **state)
{
    char name[301];

    (void)state;
    memset(name, 'c', 300);
    name[300] = '\0';
    assert_null(suggested(name));
}

static void
test_suggest_name_small_buffer_is_cut(void **state)
{
    char small[6];

    (void)state;
    assert_string_equal(suggest_name("check-fense", 11, small, sizeof(small)),
                        "check");
}

static void
test_suggest_name_file_preset_is_found(void **state)
{
    (void)state;
    said_clean_place();
    said_write(".dbgmallocrc", "nightly = low\n");
    source_load();
    assert_string_equal(suggested("nihgtly"), "nightly");
    source_forget();
    said_leave_place();
    assert_null(suggested("nihgtly"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suggest_name_one_letter_off_is_found),
        cmocka_unit_test(test_suggest_name_preset_and_alias_are_found),
        cmocka_unit_test(test_suggest_name_off_form_is_found),
        cmocka_unit_test(test_suggest_name_part_is_found),
        cmocka_unit_test(test_suggest_name_far_from_all_is_none),
        cmocka_unit_test(test_suggest_name_very_long_is_none),
        cmocka_unit_test(test_suggest_name_small_buffer_is_cut),
        cmocka_unit_test(test_suggest_name_file_preset_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
