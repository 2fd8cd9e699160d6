/*
 * test_real.c - against libm.
 */
#include "base/real.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

/* Both are the same, to a few parts in 10^14. */
static void
check(double ours, double theirs)
{
    double most = fabs(theirs) * 1e-13 + 1e-300;

    if (!(fabs(ours - theirs) <= most))
        fail_msg("%.17g is not %.17g", ours, theirs);
}

static void
test_real_ln_is_the_logarithm(void **state)
{
    (void)state;
    assert_true(real_ln(1) == 0);
    for (double x = 1e-18; x < 1e18; x *= 1.0137)
        check(real_ln(x) + 100, log(x) + 100);
    for (double x = 0.5; x < 2; x += 0.0013)
        check(real_ln(x) + 1, log(x) + 1);
}

static void
test_real_decay_keeps_small_numbers(void **state)
{
    (void)state;
    assert_true(real_decay(0) == 0);
    assert_true(real_decay(-1) == 0);
    assert_true(real_decay(1e9) == 1);
    for (double x = 1e-15; x < 100; x *= 1.0071)
        check(real_decay(x), -expm1(-x));
}

static void
test_real_root_is_the_square_root(void **state)
{
    (void)state;
    assert_true(real_root(0) == 0);
    assert_true(real_root(-4) == 0);
    for (double x = 1e-200; x < 1e200; x *= 1.37)
        check(real_root(x), sqrt(x));
}

static void
test_real_round_stays_in_range(void **state)
{
    (void)state;
    assert_int_equal(real_round(-3), 0);
    assert_int_equal(real_round(0.49), 0);
    assert_int_equal(real_round(0.5), 1);
    assert_int_equal(real_round(1e30), UINT64_MAX);
    assert_int_equal(real_round(123456789.4), 123456789);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_ln_is_the_logarithm),
        cmocka_unit_test(test_real_decay_keeps_small_numbers),
        cmocka_unit_test(test_real_root_is_the_square_root),
        cmocka_unit_test(test_real_round_stays_in_range),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
