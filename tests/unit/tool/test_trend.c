/*
 * test_trend - forty curves of memory over time: those that grow are found,
 * those that only look like it are not.
 *
 * Each is made eight times with other noise. The verdict over all of it has to
 * be the one named (or none, where that is allowed), and at no time before may
 * it be the opposite of the truth.
 */
#include "tool/trend.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/attr.h"

#define MIB (1024.0 * 1024)
#define SAMPLES 600
#define SEEDS 8

/* A generator of its own for each curve: the noise is the same each time. */
static uint64_t random_state;

static double
uniform(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / 9007199254740992.0;
}

/* About normal, with a standard deviation of 1. */
static double
normal(void)
{
    double sum = 0;

    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum - 6;
}

/* t runs from 0 to 1; `state` is the curve's own, 0 at first. */
typedef double curve(double t, double *state);

/* --- those that grow --- */

static double
leak_straight(double t, double *state)
{
    (void)state;
    return 100 * MIB + 50 * MIB * t;
}

static double
leak_slow(double t, double *state)
{
    (void)state;
    return 1000 * MIB + 2 * MIB * t;
}

static double
leak_noisy(double t, double *state)
{
    (void)state;
    return 100 * MIB + 50 * MIB * t + 3 * MIB * normal();
}

static double
leak_by_pages(double t, double *state)
{
    (void)state;
    return 4096 * floor((30 * MIB + 1 * MIB * t) / 4096);
}

static double
leak_by_brk(double t, double *state)
{
    (void)state;
    return 135168 * floor((30 * MIB + 5 * MIB * t) / 135168);
}

static double
leak_in_bursts(double t, double *state)
{
    *state += uniform() < 0.1 ? 1 * MIB * uniform() : 0;
    (void)t;
    return 60 * MIB + *state;
}

static double
leak_stairs(double t, double *state)
{
    (void)state;
    return 80 * MIB + 8 * MIB * floor(t * 24);
}

static double
leak_after_warm_up(double t, double *state)
{
    (void)state;
    return 200 * MIB * fmin(t / 0.1, 1) + 40 * MIB * t;
}

static double
leak_after_exponential_warm_up(double t, double *state)
{
    (void)state;
    return 100 * MIB * (1 - exp(-t / 0.05)) + 60 * MIB * t;
}

static double
leak_accelerating(double t, double *state)
{
    (void)state;
    return 50 * MIB + 100 * MIB * t * t;
}

static double
leak_exponential(double t, double *state)
{
    (void)state;
    return 20 * MIB * exp(3 * t);
}

static double
leak_under_saw(double t, double *state)
{
    (void)state;
    return 100 * MIB + 40 * MIB * t + 60 * MIB * fmod(t * 15, 1);
}

static double
leak_under_noisy_saw(double t, double *state)
{
    (void)state;
    return 100 * MIB + 60 * MIB * t + 50 * MIB * fmod(t * 20, 1) +
           1 * MIB * normal();
}

static double
leak_under_spikes(double t, double *state)
{
    (void)state;
    return 100 * MIB + 30 * MIB * t + (uniform() < 0.05 ? 40 * MIB : 0);
}

static double
leak_under_sine(double t, double *state)
{
    (void)state;
    return 100 * MIB + 80 * MIB * t + 20 * MIB * sin(t * 2 * M_PI * 10);
}

static double
leak_with_pauses(double t, double *state)
{
    /* Works three quarters of the time. */
    *state += fmod(t * 12, 1) < 0.75 ? 0.1 * MIB : 0;
    return 100 * MIB + *state;
}

static double
leak_at_varying_speed(double t, double *state)
{
    *state += 0.1 * MIB * (0.5 + uniform());
    (void)t;
    return 100 * MIB + *state;
}

/* --- those that do not --- */

static double
flat(double t, double *state)
{
    (void)t;
    (void)state;
    return 123 * MIB;
}

static double
flat_noisy(double t, double *state)
{
    (void)t;
    (void)state;
    return 123 * MIB + 2 * MIB * normal();
}

static double
flat_small(double t, double *state)
{
    (void)t;
    (void)state;
    return 1.5 * MIB + (uniform() < 0.1 ? 4096 : 0);
}

static double
flat_with_spikes(double t, double *state)
{
    (void)t;
    (void)state;
    return 100 * MIB + (uniform() < 0.04 ? 30 * MIB * uniform() : 0);
}

static double
saw(double t, double *state)
{
    (void)state;
    return 50 * MIB + 100 * MIB * fmod(t * 12, 1);
}

static double
saw_noisy(double t, double *state)
{
    (void)state;
    return 50 * MIB + 100 * MIB * fmod(t * 17, 1) + 2 * MIB * normal();
}

static double
saw_fine(double t, double *state)
{
    (void)state;
    return 50 * MIB + 10 * MIB * fmod(t * 90, 1);
}

static double
saw_irregular(double t, double *state)
{
    *state += 1 * MIB;
    if (uniform() < 0.04)
        *state = 0;
    (void)t;
    return 80 * MIB + *state;
}

static double
saw_of_two(double t, double *state)
{
    /* Small collections, and a large one now and then. */
    (void)state;
    return 80 * MIB + 20 * MIB * fmod(t * 60, 1) +
           60 * MIB * floor(fmod(t * 10, 1) * 6) / 6;
}

static double
sine(double t, double *state)
{
    (void)state;
    return 100 * MIB + 30 * MIB * sin(t * 2 * M_PI * 8);
}

static double
warm_up_linear(double t, double *state)
{
    (void)state;
    return 300 * MIB * fmin(t / 0.3, 1);
}

static double
warm_up_exponential(double t, double *state)
{
    (void)state;
    return 300 * MIB * (1 - exp(-t / 0.08));
}

static double
warm_up_noisy(double t, double *state)
{
    (void)state;
    return 300 * MIB * (1 - exp(-t / 0.08)) + 3 * MIB * normal();
}

static double
warm_up_in_steps(double t, double *state)
{
    (void)state;
    return 50 * MIB + 40 * MIB * fmin(floor(t / 0.1), 4);
}

static double
warm_up_then_saw(double t, double *state)
{
    (void)state;
    return 200 * MIB * fmin(t / 0.1, 1) + 40 * MIB * fmod(t * 20, 1);
}

static double
one_step(double t, double *state)
{
    (void)state;
    return t < 0.3 ? 100 * MIB : 180 * MIB;
}

static double
peak_then_less(double t, double *state)
{
    (void)state;
    return t < 0.2 ? 100 * MIB + 500 * MIB * t : 90 * MIB;
}

static double
falling(double t, double *state)
{
    (void)state;
    return 300 * MIB - 200 * MIB * t;
}

static double
falling_noisy(double t, double *state)
{
    (void)state;
    return 300 * MIB - 200 * MIB * t + 4 * MIB * normal();
}

static double
two_levels(double t, double *state)
{
    /* Work arrives and ends. */
    (void)state;
    return fmod(t * 9, 1) < 0.4 ? 150 * MIB : 100 * MIB;
}

static double
wandering(double t, double *state)
{
    /* Drawn back to the middle. */
    *state += 1 * MIB * normal() - 0.1 * *state;
    (void)t;
    return 100 * MIB + *state;
}

/* --- those of which nobody can know --- */

static double
step_at_the_end(double t, double *state)
{
    (void)state;
    return t < 0.9 ? 100 * MIB : 140 * MIB;
}

static double
cache_filling(double t, double *state)
{
    (void)state;
    return 300 * MIB * (1 - exp(-t / 0.5));
}

static double
saw_of_two_teeth(double t, double *state)
{
    (void)state;
    return 50 * MIB + 100 * MIB * fmod(t * 2.2, 1);
}

struct judged {
    const char *name;
    curve *make;
    enum trend_verdict verdict; /* UNKNOWN: neither of the others at the end */
    bool may_look_so; /* an early part looks like the opposite to anybody: a
                         warm-up is straight until it ends */
};

#define CURVE(name, verdict, may)                                              \
    {                                                                          \
#name, name, TREND_##verdict, may                                      \
    }

static const struct judged curves[] = {
    CURVE(leak_straight, GROWING, false),
    CURVE(leak_slow, GROWING, false),
    CURVE(leak_noisy, GROWING, true),
    CURVE(leak_by_pages, GROWING, false),
    CURVE(leak_by_brk, GROWING, true),
    CURVE(leak_in_bursts, GROWING, true),
    CURVE(leak_stairs, GROWING, true),
    CURVE(leak_after_warm_up, GROWING, false),
    CURVE(leak_after_exponential_warm_up, GROWING, false),
    CURVE(leak_accelerating, GROWING, false),
    CURVE(leak_exponential, GROWING, false),
    CURVE(leak_under_saw, GROWING, false),
    CURVE(leak_under_noisy_saw, GROWING, false),
    CURVE(leak_under_spikes, GROWING, false),
    CURVE(leak_under_sine, GROWING, true),
    CURVE(leak_with_pauses, GROWING, false),
    CURVE(leak_at_varying_speed, GROWING, false),
    CURVE(flat, STEADY, false),
    CURVE(flat_noisy, STEADY, false),
    CURVE(flat_small, STEADY, false),
    CURVE(flat_with_spikes, STEADY, false),
    CURVE(saw, STEADY, true),
    CURVE(saw_noisy, STEADY, true),
    CURVE(saw_fine, STEADY, false),
    CURVE(saw_irregular, STEADY, true),
    CURVE(saw_of_two, STEADY, true),
    CURVE(sine, STEADY, true),
    CURVE(warm_up_linear, STEADY, true),
    CURVE(warm_up_exponential, STEADY, true),
    CURVE(warm_up_noisy, STEADY, true),
    CURVE(warm_up_in_steps, STEADY, true),
    CURVE(warm_up_then_saw, STEADY, true),
    CURVE(one_step, STEADY, false),
    CURVE(peak_then_less, STEADY, true),
    CURVE(falling, STEADY, false),
    CURVE(falling_noisy, STEADY, false),
    CURVE(two_levels, STEADY, false),
    CURVE(wandering, STEADY, true),
    CURVE(step_at_the_end, UNKNOWN, true),
    CURVE(cache_filling, UNKNOWN, true),
    CURVE(saw_of_two_teeth, UNKNOWN, true),
};

/* Make the curve and judge it; complain where that went wrong. */
static unsigned
judge(const struct judged *judged, unsigned seed)
{
    static struct trend_sample samples[SAMPLES];
    struct trend trend;
    double state = 0;
    unsigned wrong = 0;

    random_state = 0x9e3779b97f4a7c15u * (seed + 1);
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i].time = (double)i;
        samples[i].bytes = judged->make((double)i / SAMPLES, &state);
    }
    for (size_t n = TREND_SAMPLES_MIN; n < SAMPLES; n += 12) {
        trend_judge(samples, n, 0, &trend);
        if (judged->may_look_so || trend.verdict == TREND_UNKNOWN ||
            trend.verdict == judged->verdict)
            continue;
        print_error("%s %u: after %zu samples it is %s, %s\n", judged->name,
                    seed, n, trend_verdict_key(trend.verdict),
                    trend_reason(trend.shape));
        wrong++;
    }
    trend_judge(samples, SAMPLES, 0, &trend);
    if (trend.verdict != judged->verdict) {
        print_error("%s %u: is %s, %s (%.0f bytes/s)\n", judged->name, seed,
                    trend_verdict_key(trend.verdict), trend_reason(trend.shape),
                    trend.slope);
        wrong++;
    }
    return wrong;
}

static void
test_trend_judge_forty_curves_are_told_apart(void **unused)
{
    unsigned wrong = 0;

    (void)unused;
    assert_true(ARRAY_COUNT(curves) >= 40);
    for (size_t i = 0; i < ARRAY_COUNT(curves); i++) {
        for (unsigned seed = 0; seed < SEEDS; seed++)
            wrong += judge(&curves[i], seed);
    }
    assert_int_equal(wrong, 0);
}

static void
fill(struct trend_sample *samples, size_t n, curve *make)
{
    double state = 0;

    random_state = 88172645463325252u;
    for (size_t i = 0; i < n; i++) {
        samples[i].time = (double)i;
        samples[i].bytes = make((double)i / (double)n, &state);
    }
}

static void
test_trend_judge_few_samples_says_how_long_to_wait(void **unused)
{
    struct trend_sample samples[10];
    struct trend trend;

    (void)unused;
    fill(samples, 10, leak_straight);
    trend_judge(samples, 10, 0, &trend);
    assert_int_equal(trend.verdict, TREND_UNKNOWN);
    assert_int_equal(trend.shape, TREND_SHAPE_SHORT);
    assert_int_equal((int)trend.wait, TREND_SAMPLES_MIN - 10);
    trend_judge(samples, 0, 0, &trend);
    assert_int_equal(trend.shape, TREND_SHAPE_SHORT);
}

static void
test_trend_judge_below_earlier_peak_is_unknown(void **unused)
{
    static struct trend_sample samples[SAMPLES];
    struct trend trend;

    (void)unused;
    fill(samples, SAMPLES, leak_straight);
    trend_judge(samples, SAMPLES, 400 * MIB, &trend);
    assert_int_equal(trend.verdict, TREND_UNKNOWN);
    assert_int_equal(trend.shape, TREND_SHAPE_BELOW);
    /* 250 MiB to go, at 50 MiB in 600 s. */
    assert_true(trend.wait > 2900 && trend.wait < 3100);
    trend_judge(samples, SAMPLES, 100 * MIB, &trend);
    assert_int_equal(trend.verdict, TREND_GROWING);
}

static void
test_trend_judge_straight_leak_has_its_slope(void **unused)
{
    static struct trend_sample samples[SAMPLES];
    struct trend trend;
    double slope = 50 * MIB / SAMPLES;

    (void)unused;
    fill(samples, SAMPLES, leak_noisy);
    trend_judge(samples, SAMPLES, 0, &trend);
    assert_true(fabs(trend.slope - slope) < 0.1 * slope);
    assert_true(trend.slope_low < slope && slope < trend.slope_high);
    assert_true(trend.confidence > 0.95 && trend.confidence < 1);
}

static void
test_trend_judge_gap_in_time_is_no_fault(void **unused)
{
    static struct trend_sample samples[SAMPLES];
    struct trend trend;

    /* The watcher was stopped for as long again. */
    (void)unused;
    fill(samples, SAMPLES, flat);
    for (size_t i = SAMPLES / 2; i < SAMPLES; i++)
        samples[i].time += SAMPLES;
    trend_judge(samples, SAMPLES, 0, &trend);
    assert_int_equal(trend.verdict, TREND_STEADY);
}

#define PERIODS 1000

/* How many saws of all periods from 50 ms to 4 s, sampled each second for two
 * minutes, are ever called growing. */
static unsigned
count_growing_saws(double (*moment)(double next, double interval))
{
    static struct trend_sample samples[120];
    unsigned growing = 0;
    double period = 0.05;

    for (unsigned i = 0; i < PERIODS; i++, period *= 1.0044) {
        bool is_called = false;

        for (size_t n = 0; n < 120; n++) {
            double time = moment((double)(1000 * (i + 1) + n), 1);
            struct trend trend;

            samples[n].time = time;
            samples[n].bytes =
                50 * MIB + 20 * MIB * (fmod(time, period) / period);
            trend_judge(samples, n + 1, 0, &trend);
            is_called |= trend.verdict == TREND_GROWING;
        }
        growing += is_called;
    }
    return growing;
}

static double
on_time(double next, double interval)
{
    (void)interval;
    return next;
}

static void
test_trend_moment_saws_in_time_with_the_samples_do_not_grow(void **unused)
{
    double early = 0;

    (void)unused;
    for (unsigned i = 0; i < 1000; i++) {
        double off = trend_moment(i, 2) - i;

        assert_true(fabs(off) <= 1 + 1e-9);
        early += off < 0;
    }
    assert_true(early > 400 && early < 600);
    /* One in ten is wrong without. */
    assert_in_range(count_growing_saws(on_time), PERIODS / 20, PERIODS);
    assert_in_range(count_growing_saws(trend_moment), 0, PERIODS / 200);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trend_judge_forty_curves_are_told_apart),
        cmocka_unit_test(test_trend_judge_few_samples_says_how_long_to_wait),
        cmocka_unit_test(test_trend_judge_below_earlier_peak_is_unknown),
        cmocka_unit_test(test_trend_judge_straight_leak_has_its_slope),
        cmocka_unit_test(test_trend_judge_gap_in_time_is_no_fault),
        cmocka_unit_test(
            test_trend_moment_saws_in_time_with_the_samples_do_not_grow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
