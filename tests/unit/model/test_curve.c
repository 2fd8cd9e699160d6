/*
 * test_curve.c - curves that grow, and curves that only look like it.
 */
#include "model/curve.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#define COUNT 32
#define SECOND UINT64_C(1000000000)

/* A fixed sequence of numbers in [-1, 1]. */
static double
noise(unsigned i)
{
    uint32_t x = (i + 1) * 2654435761u;

    x ^= x >> 15;
    x *= 2246822519u;
    x ^= x >> 13;
    return (double)x / 2147483648.0 - 1;
}

/* Judge `shape` over COUNT seconds; its argument goes from 0 to 1. */
static struct curve
judge_n(double (*shape)(double t, unsigned i), size_t n)
{
    struct curve_point points[CURVE_POINTS_MAX];
    struct curve curve;

    for (unsigned i = 0; i < n; i++) {
        points[i] = curve_point_at(5 * SECOND + i * SECOND,
                                   shape((double)i / (double)(n - 1), i));
    }
    curve_judge(points, n, &curve);
    return curve;
}

#define SHAPE(of) judge_n(of, COUNT).shape

static double
line(double t, unsigned i)
{
    (void)i;
    return 1e6 * t;
}
static double
base_and_line(double t, unsigned i)
{
    (void)i;
    return 1e9 + 1e5 * t;
}
static double
noisy_line(double t, unsigned i)
{
    return 1e6 * t + 5e4 * noise(i);
}
static double
stairs(double t, unsigned i)
{
    (void)i;
    return 1e6 * floor(t * 10);
}
static double
root(double t, unsigned i)
{
    (void)i;
    return 1e6 * sqrt(t);
}
static double
square(double t, unsigned i)
{
    (void)i;
    return 1e6 * t * t;
}
/* Warm-up to a fifth, then a queue that is never drained. */
static double
late_leak(double t, unsigned i)
{
    (void)i;
    return t < 0.2 ? 5e7 * t : 1e7 + 1e6 * (t - 0.2);
}
/* A cache that fills and is emptied, and a little is left each time. */
static double
leaky_saw(double t, unsigned i)
{
    (void)t;
    return 1e5 * (i % 4) + 1e5 * (i / 4);
}
static double
saw(double t, unsigned i)
{
    (void)t;
    return 1e5 * (i % 8);
}
static double
noisy_saw(double t, unsigned i)
{
    (void)t;
    return 1e5 * (i % 5) + 2e4 * noise(i);
}
static double
pure_noise(double t, unsigned i)
{
    (void)t;
    return 1e6 + 1e5 * noise(i);
}
static double
warm_up(double t, unsigned i)
{
    (void)i;
    return t < 0.3 ? 1e6 * t : 3e5;
}
static double
noisy_warm_up(double t, unsigned i)
{
    return (t < 0.3 ? 1e6 * t : 3e5) + 1e4 * noise(i);
}
static double
late_plateau(double t, unsigned i)
{
    (void)i;
    return t < 0.75 ? 1e6 * t : 7.5e5;
}
static double
filling(double t, unsigned i)
{
    (void)i;
    return 1e6 * (1 - exp(-5 * t));
}
static double
one_late_step(double t, unsigned i)
{
    (void)i;
    return t < 0.9 ? 10 : 1e6;
}
static double
two_steps(double t, unsigned i)
{
    (void)i;
    return t < 0.6 ? 10 : t < 0.9 ? 20 : 30;
}
static double
falling(double t, unsigned i)
{
    (void)i;
    return 1e6 * (1 - t);
}
static double
hill(double t, unsigned i)
{
    (void)i;
    return 1e6 * t * (1 - t);
}
static double
constant(double t, unsigned i)
{
    (void)t;
    (void)i;
    return 72704;
}
static double
once(double t, unsigned i)
{
    (void)i;
    return t < 0.1 ? 0 : 4096;
}

static void
test_curve_judge_what_keeps_growing_is_growing(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(line), CURVE_GROWING);
    assert_int_equal(SHAPE(base_and_line), CURVE_GROWING);
    assert_int_equal(SHAPE(noisy_line), CURVE_GROWING);
    assert_int_equal(SHAPE(stairs), CURVE_GROWING);
    assert_int_equal(SHAPE(root), CURVE_GROWING);
    assert_int_equal(SHAPE(square), CURVE_GROWING);
    assert_int_equal(SHAPE(late_leak), CURVE_GROWING);
    assert_int_equal(SHAPE(leaky_saw), CURVE_GROWING);
}

static void
test_curve_judge_saw_teeth_are_a_plateau(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(saw), CURVE_PLATEAU);
    assert_int_equal(SHAPE(noisy_saw), CURVE_PLATEAU);
}

static void
test_curve_judge_noise_is_a_plateau(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(pure_noise), CURVE_PLATEAU);
}

static void
test_curve_judge_warm_up_is_a_plateau(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(warm_up), CURVE_PLATEAU);
    assert_int_equal(SHAPE(noisy_warm_up), CURVE_PLATEAU);
    assert_int_equal(SHAPE(late_plateau), CURVE_PLATEAU);
}

static void
test_curve_judge_a_cache_that_fills_flattens(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(filling), CURVE_PLATEAU);
}

static void
test_curve_judge_few_steps_are_not_growth(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(two_steps), CURVE_PLATEAU);
    assert_int_equal(SHAPE(falling), CURVE_PLATEAU);
    assert_int_equal(SHAPE(hill), CURVE_PLATEAU);
}

static void
test_curve_judge_what_rose_once_is_level(void **state)
{
    (void)state;
    assert_int_equal(SHAPE(constant), CURVE_LEVEL);
    assert_int_equal(SHAPE(once), CURVE_LEVEL);
    assert_int_equal(SHAPE(one_late_step), CURVE_LEVEL);
}

static void
test_curve_judge_few_points_are_unknown(void **state)
{
    struct curve_point points[CURVE_POINTS_MIN] = {{0, 0, 0, 0}};
    struct curve curve;

    (void)state;
    assert_int_equal(judge_n(line, CURVE_POINTS_MIN - 1).shape, CURVE_UNKNOWN);
    assert_int_equal(judge_n(line, CURVE_POINTS_MIN).shape, CURVE_GROWING);
    /* All at one time. */
    curve_judge(points, CURVE_POINTS_MIN, &curve);
    assert_int_equal(curve.shape, CURVE_UNKNOWN);
    curve_judge(points, 0, &curve);
    assert_int_equal(curve.shape, CURVE_UNKNOWN);
}

static void
test_curve_judge_evidence_is_in_numbers(void **state)
{
    struct curve curve = judge_n(line, COUNT);

    (void)state;
    assert_int_equal(curve.points, COUNT);
    assert_int_equal(curve.span_ns, (COUNT - 1) * SECOND);
    assert_int_equal(curve.quiet_ns, 0);
    assert_true(fabs(curve.slope - 1e6 / (COUNT - 1)) < 1);
    curve = judge_n(warm_up, COUNT);
    assert_true(curve.slope == 0);
    assert_true(curve.quiet_ns > 20 * SECOND);
}

/* Of many curves of noise alone hardly any is called growing. */
static void
test_curve_judge_noise_is_seldom_wrong(void **state)
{
    unsigned wrong = 0;

    (void)state;
    for (unsigned run = 0; run < 1000; run++) {
        struct curve_point points[COUNT];
        struct curve curve;

        for (unsigned i = 0; i < COUNT; i++)
            points[i] = curve_point_at(i * SECOND, noise(run * COUNT + i));
        curve_judge(points, COUNT, &curve);
        wrong += curve.shape == CURVE_GROWING;
    }
    assert_in_range(wrong, 0, 5);
}

/* A line, of which between any two points `swing` was gone for a while. */
static enum curve_shape
judge_swinging(double swing)
{
    struct curve_point points[COUNT];
    struct curve curve;

    for (unsigned i = 0; i < COUNT; i++) {
        points[i] = curve_point_at(i * SECOND, line((double)i / COUNT, i));
        points[i].low -= swing;
    }
    curve_judge(points, COUNT, &curve);
    return curve.shape;
}

/* A line to 1e6 rises by half of that from the second quarter to the fourth. */
static void
test_curve_judge_a_swing_hides_what_is_less(void **state)
{
    (void)state;
    assert_int_equal(judge_swinging(0), CURVE_GROWING);
    assert_int_equal(judge_swinging(4e5), CURVE_GROWING);
    assert_int_equal(judge_swinging(6e5), CURVE_PLATEAU);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curve_judge_what_keeps_growing_is_growing),
        cmocka_unit_test(test_curve_judge_saw_teeth_are_a_plateau),
        cmocka_unit_test(test_curve_judge_noise_is_a_plateau),
        cmocka_unit_test(test_curve_judge_warm_up_is_a_plateau),
        cmocka_unit_test(test_curve_judge_a_cache_that_fills_flattens),
        cmocka_unit_test(test_curve_judge_few_steps_are_not_growth),
        cmocka_unit_test(test_curve_judge_what_rose_once_is_level),
        cmocka_unit_test(test_curve_judge_few_points_are_unknown),
        cmocka_unit_test(test_curve_judge_evidence_is_in_numbers),
        cmocka_unit_test(test_curve_judge_noise_is_seldom_wrong),
        cmocka_unit_test(test_curve_judge_a_swing_hides_what_is_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
