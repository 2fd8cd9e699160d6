/*
 * Unit tests of monitor/course: points in time, in bounded memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/course.h"

#include "model/curve.h"

#define STEP 10

static struct course course = COURSE_INIT(STEP, 3);

static int
reset(void **state)
{
    (void)state;
    course_fini(&course);
    return 0;
}

static void
look(uint64_t time, stack_id id, uint64_t bytes, uint64_t made)
{
    course_look(&course, time);
    assert_true(course_set(&course, id, bytes, made));
}

/* Until each point is of so many looks. */
static void
fill_up(unsigned looks)
{
    while (course.looks_each != looks || course.looks != looks)
        course_look(&course, course_due_ns(&course));
}

static void
test_course_due_is_about_a_step_after_the_newest(void **state)
{
    unsigned early = 0;

    (void)state;
    assert_int_equal(course_due_ns(&course), 0);
    for (unsigned i = 0; i < 4 * COURSE_POINTS; i++) {
        uint64_t now = 100 * i;

        course_look(&course, now);
        assert_in_range(course_due_ns(&course), now + course.step_ns / 2,
                        now + course.step_ns / 2 + course.step_ns - 1);
        early += course_due_ns(&course) < now + course.step_ns;
    }
    /* Neither always nor never. */
    assert_in_range(early, 40, 88);
}

static void
test_course_set_keeps_values_of_each_point(void **state)
{
    const struct course_row *row;

    (void)state;
    look(0, 7, 100, 1);
    look(10, 8, 50, 2);
    look(20, 7, 300, 3);

    row = course_find(&course, 7);
    assert_non_null(row);
    assert_true(row->bytes[0] == 100 && row->bytes[1] == 0 &&
                row->bytes[2] == 300);
    assert_true(row->made[2] == 3);
    assert_true(course_find(&course, 8)->bytes[0] == 0);
    assert_true(course_find(&course, 8)->bytes[1] == 50);
    assert_int_equal(course.times[2], 20);
}

static void
test_course_set_keeps_the_least_and_the_most_of_a_point(void **state)
{
    const uint64_t seen[COURSE_LOOKS] = {30, 10, 40, 20};
    const struct course_row *row;
    unsigned at;

    (void)state;
    fill_up(COURSE_LOOKS);
    for (unsigned i = 0; i < COURSE_LOOKS; i++) {
        course_look(&course, course_due_ns(&course));
        assert_true(course_set(&course, 7, seen[i], i));
        /* The second one was not there at the first look. */
        if (i > 0)
            assert_true(course_set(&course, 8, seen[i], i));
    }
    at = course.count - 1;
    for (unsigned i = 0; i < COURSE_LOOKS; i++)
        look(course_due_ns(&course), 7, 25, 9);

    row = course_find(&course, 7);
    assert_int_equal(course.count, at + 2);
    assert_true(row->bytes[at] == 20 && row->low[at] == 10 &&
                row->high[at] == 40);
    at++;
    assert_true(row->bytes[at] == 25 && row->low[at] == 25 &&
                row->high[at] == 25);
    row = course_find(&course, 8);
    assert_true(row->low[at - 1] == 0 && row->high[at - 1] == 40);
}

static void
test_course_set_without_live_bytes_makes_no_row(void **state)
{
    (void)state;
    course_look(&course, 0);
    assert_true(course_set(&course, 7, 0, 5));
    assert_null(course_find(&course, 7));
}

static void
test_course_set_past_the_most_is_refused(void **state)
{
    (void)state;
    course_look(&course, 0);
    for (stack_id id = 1; id <= 3; id++)
        assert_true(course_set(&course, id, 1, 1));
    assert_false(course_set(&course, 4, 1, 1));
    course_look(&course, 1);
    assert_true(course_set(&course, 3, 2, 1));
}

/* However long it goes on: at least half of the points are in use, the oldest
 * stays near the start, the newest is there, and what was least and most in the
 * time of each is known. */
static void
test_course_look_full_thins_out(void **state)
{
    const struct course_row *row;
    uint64_t now = 0;

    (void)state;
    for (unsigned i = 0; i < 100 * COURSE_POINTS; i++) {
        now = course_due_ns(&course);
        course_look(&course, now);
        assert_true(course_set(&course, 1, now + 1, i));
        assert_in_range(course.count,
                        i < COURSE_POINTS / 2 ? 1 : COURSE_POINTS / 2,
                        COURSE_POINTS);
    }
    assert_int_equal(course.times[course.count - 1], now);
    assert_true(course.step_ns > course.first_step_ns);
    row = course_find(&course, 1);
    for (unsigned i = 0; i < course.count; i++) {
        assert_true(row->bytes[i] == (float)(course.times[i] + 1));
        assert_true(row->high[i] == row->bytes[i]);
        if (i > 0) {
            assert_in_range(course.times[i] - course.times[i - 1], 1,
                            6 * course.step_ns);
            assert_true(row->low[i] > row->high[i - 1]);
        }
    }
    assert_in_range(course.times[0], 0, 6 * course.step_ns);
}

/* ---- what is seen of a saw ---- */

#define SAWS 1000u
#define TOOTH 300

static struct course saws = COURSE_INIT(UINT64_C(250000000), SAWS);

/* Periods from 50 ms to 10 s, in steps of half a percent. */
static double
period_of(unsigned saw)
{
    double period = 0.05;

    for (unsigned i = 0; i < saw; i++)
        period *= 1.0053;
    return period;
}

static uint64_t
saw_at(double seconds, double period, double leak)
{
    double teeth = seconds / period;

    return (uint64_t)((teeth - (double)(uint64_t)teeth) * TOOTH + leak);
}

/* How many saws, each of which leaks so many bytes a second, are called growing
 * after so many seconds. */
static unsigned
count_growing(double leak, uint64_t seconds)
{
    unsigned growing = 0;
    uint64_t now;

    for (now = UINT64_C(1000000000); now < (seconds + 1) * UINT64_C(1000000000);
         now = course_due_ns(&saws)) {
        double time = (double)now / 1e9;
        double period = 0.05;

        course_look(&saws, now);
        for (unsigned i = 0; i < SAWS; i++, period *= 1.0053)
            assert_true(course_set(&saws, i + 1,
                                   1 + saw_at(time, period, leak * time), 0));
    }
    for (unsigned i = 0; i < SAWS; i++) {
        const struct course_row *row = course_find(&saws, i + 1);
        struct curve_point points[COURSE_POINTS];
        struct curve curve;

        for (unsigned k = 0; k < saws.count; k++)
            points[k] = course_point(&saws, row, k);
        curve_judge(points, saws.count, &curve);
        growing += curve.shape == CURVE_GROWING;
    }
    course_fini(&saws);
    return growing;
}

static void
test_course_look_saws_of_all_periods_do_not_grow(void **state)
{
    (void)state;
    assert_in_range(period_of(SAWS) * 100, 950, 1050);
    for (uint64_t seconds = 40; seconds < 400; seconds += 15)
        assert_int_equal(count_growing(0, seconds), 0);
}

/* ... but do, once the leak is more than a tooth. */
static void
test_course_look_saws_that_leak_grow(void **state)
{
    (void)state;
    assert_in_range(count_growing(10, 120), SAWS * 9 / 10, SAWS);
    assert_int_equal(count_growing(100, 120), SAWS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_course_due_is_about_a_step_after_the_newest,
                               reset),
        cmocka_unit_test_setup(test_course_set_keeps_values_of_each_point,
                               reset),
        cmocka_unit_test_setup(
            test_course_set_keeps_the_least_and_the_most_of_a_point, reset),
        cmocka_unit_test_setup(test_course_set_without_live_bytes_makes_no_row,
                               reset),
        cmocka_unit_test_setup(test_course_set_past_the_most_is_refused, reset),
        cmocka_unit_test_setup(test_course_look_full_thins_out, reset),
        cmocka_unit_test(test_course_look_saws_of_all_periods_do_not_grow),
        cmocka_unit_test(test_course_look_saws_that_leak_grow),
    };

    return cmocka_run_group_tests(tests, NULL, reset);
}
