/*
 * Unit tests of monitor/course: points in time, in bounded memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/course.h"

static struct course course = COURSE_INIT(10, 3);

static int
reset(void **state)
{
    (void)state;
    course_fini(&course);
    return 0;
}

static void
test_course_due_is_a_step_after_the_newest(void **state)
{
    (void)state;
    assert_int_equal(course_due_ns(&course), 0);
    course_begin(&course, 100);
    assert_int_equal(course_due_ns(&course), 110);
}

static void
test_course_set_keeps_values_of_each_point(void **state)
{
    const struct course_row *row;

    (void)state;
    course_begin(&course, 0);
    assert_true(course_set(&course, 7, 100, 1));
    course_begin(&course, 10);
    assert_true(course_set(&course, 8, 50, 2));
    course_begin(&course, 20);
    assert_true(course_set(&course, 7, 300, 3));

    row = course_find(&course, 7);
    assert_non_null(row);
    assert_true(row->bytes[0] == 100 && row->bytes[1] == 0 &&
                row->bytes[2] == 300);
    assert_true(row->made[2] == 3);
    assert_true(course_find(&course, 8)->bytes[0] == 0);
    assert_true(course_find(&course, 8)->bytes[1] == 50);
}

static void
test_course_set_without_live_bytes_makes_no_row(void **state)
{
    (void)state;
    course_begin(&course, 0);
    assert_true(course_set(&course, 7, 0, 5));
    assert_null(course_find(&course, 7));
}

static void
test_course_set_past_the_most_is_refused(void **state)
{
    (void)state;
    course_begin(&course, 0);
    for (stack_id id = 1; id <= 3; id++)
        assert_true(course_set(&course, id, 1, 1));
    assert_false(course_set(&course, 4, 1, 1));
    assert_true(course_set(&course, 3, 2, 1));
}

/* However long it goes on: at least half of the points are in use, the oldest
 * stays near the start, the newest is there, and all lie apart alike. */
static void
test_course_begin_full_thins_out(void **state)
{
    uint64_t now = 0;

    (void)state;
    for (unsigned i = 0; i < 10 * COURSE_POINTS; i++) {
        now = course_due_ns(&course);
        course_begin(&course, now);
        assert_true(course_set(&course, 1, now + 1, i));
        assert_in_range(course.count,
                        i < COURSE_POINTS / 2 ? 1 : COURSE_POINTS / 2,
                        COURSE_POINTS);
    }
    assert_int_equal(course.times[course.count - 1], now);
    assert_true(course.step_ns > course.first_step_ns);
    for (unsigned i = 0; i < course.count; i++) {
        assert_true(course_find(&course, 1)->bytes[i] ==
                    (float)(course.times[i] + 1));
        if (i > 0)
            assert_in_range(course.times[i] - course.times[i - 1],
                            course.step_ns / 2, course.step_ns);
    }
    assert_in_range(course.times[0], 0, course.step_ns);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_course_due_is_a_step_after_the_newest,
                               reset),
        cmocka_unit_test_setup(test_course_set_keeps_values_of_each_point,
                               reset),
        cmocka_unit_test_setup(test_course_set_without_live_bytes_makes_no_row,
                               reset),
        cmocka_unit_test_setup(test_course_set_past_the_most_is_refused, reset),
        cmocka_unit_test_setup(test_course_begin_full_thins_out, reset),
    };

    return cmocka_run_group_tests(tests, NULL, reset);
}
