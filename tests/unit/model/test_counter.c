/*
 * test_counter.c - the names and units of what is counted.
 */
#include "model/counter.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static void
test_counter_key_of_each_is_unique_and_plain(void **state)
{
    (void)state;
    for (unsigned i = 0; i < COUNTER__COUNT; i++) {
        const char *key = counter_key((enum counter)i);

        assert_int_equal(strspn(key, "abcdefghijklmnopqrstuvwxyz_"),
                         strlen(key));
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(key, counter_key((enum counter)k));
        assert_string_not_equal(counter_label((enum counter)i), "");
    }
}

static void
test_counter_unit_is_that_of_the_table(void **state)
{
    (void)state;
    assert_int_equal(counter_unit(COUNTER_CALLS_FREE), COUNTER_UNIT_COUNT);
    assert_int_equal(counter_unit(COUNTER_BYTES_PEAK), COUNTER_UNIT_BYTES);
    assert_int_equal(counter_unit(COUNTER_PEAK_TIME), COUNTER_UNIT_NS);
    assert_int_equal(counter_unit(COUNTER__COUNT), COUNTER_UNIT_COUNT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counter_key_of_each_is_unique_and_plain),
        cmocka_unit_test(test_counter_unit_is_that_of_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
