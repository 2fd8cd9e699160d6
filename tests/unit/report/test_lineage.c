/*
 * test_lineage.c - is this process a child of one that writes the same log?
 *
 * lineage_is_child is tried with real processes in test_log.
 */
#include "report/lineage.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "os/clock.h"

static void
test_lineage_start_ticks_reads_field_22(void **state)
{
    uint64_t ticks = 0;

    (void)state;
    assert_true(lineage_start_ticks(
        "12 (a b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20 21",
        &ticks));
    assert_int_equal(ticks, 777);
}

static void
test_lineage_start_ticks_name_may_hold_anything(void **state)
{
    uint64_t ticks = 0;

    (void)state;
    assert_true(lineage_start_ticks(
        "12 (x) S 9) 1) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20",
        &ticks));
    assert_int_equal(ticks, 777);
}

static void
test_lineage_start_ticks_short_text_has_none(void **state)
{
    uint64_t ticks = 5;

    (void)state;
    assert_false(lineage_start_ticks("", &ticks));
    assert_false(lineage_start_ticks("12 (a) S 1 2 3", &ticks));
    assert_false(lineage_start_ticks(
        "12 (a) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 x 20", &ticks));
    assert_int_equal(ticks, 5);
}

static void
test_lineage_start_is_before_now_and_not_long(void **state)
{
    uint64_t start = lineage_start();

    (void)state;
    assert_true(start > 0);
    assert_true(start <= clock_unix() + 20000000);
    assert_true(clock_unix() - start < UINT64_C(600000000000));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lineage_start_ticks_reads_field_22),
        cmocka_unit_test(test_lineage_start_ticks_name_may_hold_anything),
        cmocka_unit_test(test_lineage_start_ticks_short_text_has_none),
        cmocka_unit_test(test_lineage_start_is_before_now_and_not_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
