/*
 * test_sampler.c - how often blocks are sampled, and what the estimates from
 * them are worth. The seeds are fixed, so each run gives the same numbers;
 * the limits are four standard errors.
 */
#include "track/sampler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "base/attr.h"
#include "model/sample.h"

#define INTERVAL 4096

static void
check_share(unsigned hits, unsigned n, double share)
{
    double error = sqrt(n * share * (1 - share)) + 1e-9;

    if (fabs(hits - n * share) > 4 * error + 1)
        fail_msg("%u of %u, not %g of each", hits, n, share);
}

static void
test_sampler_take_goes_by_the_size(void **state)
{
    static const size_t sizes[] = {0,    1,    16,    100,    1000,
                                   4096, 9999, 40000, 1000000};
    struct sampler sampler = {0, 0};

    (void)state;
    sampler_start(INTERVAL, 7);
    assert_int_equal(sampler_interval(), INTERVAL);
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        unsigned hits = 0;

        for (unsigned k = 0; k < 300000; k++)
            hits += sampler_take(&sampler, sizes[i]);
        check_share(hits, 300000,
                    -expm1(-(double)sample_size(sizes[i]) / INTERVAL));
    }
}

/* The first block of a thread is not drawn more often than another. */
static void
test_sampler_take_has_no_favourites(void **state)
{
    unsigned first = 0, second = 0;

    (void)state;
    sampler_start(INTERVAL, 8);
    for (unsigned k = 0; k < 100000; k++) {
        struct sampler sampler = {0, 0};

        first += sampler_take(&sampler, 1000);
        second += sampler_take(&sampler, 1000);
    }
    check_share(first, 100000, -expm1(-1000.0 / INTERVAL));
    check_share(second, 100000, -expm1(-1000.0 / INTERVAL));
}

static void
test_sampler_take_is_the_same_with_the_same_seed(void **state)
{
    struct sampler one = {1000, 55}, other = {1000, 55};

    (void)state;
    sampler_start(INTERVAL, 9);
    for (unsigned k = 0; k < 10000; k++)
        assert_int_equal(sampler_take(&one, k % 777),
                         sampler_take(&other, k % 777));
}

static void
test_sampler_take_of_one_byte_intervals_takes_most(void **state)
{
    struct sampler sampler = {0, 0};
    unsigned hits = 0;

    (void)state;
    sampler_start(1, 10);
    for (unsigned k = 0; k < 10000; k++)
        hits += sampler_take(&sampler, 64);
    assert_int_equal(hits, 10000);
}

/* What sums of many kinds of blocks are estimated as, again and again: the mean
 * is the truth, and the spread is what the standard error says. */
static void
test_sample_add_is_unbiased_and_knows_its_error(void **state)
{
    enum { ROUNDS = 2000, BLOCKS = 1000 };
    struct sampler sampler = {0, 0};
    double blocks = 0, bytes = 0, square = 0, said = 0, true_bytes = 0;

    (void)state;
    sampler_start(INTERVAL, 11);
    for (unsigned k = 0; k < BLOCKS; k++)
        true_bytes += (double)(k * k % 7919);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct sample_sum sum = {.sampled = 0};

        for (unsigned k = 0; k < BLOCKS; k++) {
            if (sampler_take(&sampler, k * k % 7919))
                sample_add(&sum, k * k % 7919, INTERVAL);
        }
        assert_true(sum.sampled > 0);
        blocks += sum.blocks / ROUNDS;
        bytes += sum.bytes / ROUNDS;
        square += pow(sum.bytes - true_bytes, 2) / ROUNDS;
        said += sum.bytes_variance / ROUNDS;
    }
    assert_true(fabs(bytes - true_bytes) < 4 * sqrt(said / ROUNDS));
    /* A block of no bytes stands for thousands: the count is a coarse one. */
    assert_true(fabs(blocks - BLOCKS) < BLOCKS / 20);
    assert_true(fabs(square - said) < said / 8);
}

static void
test_sample_weight_without_an_interval_is_one(void **state)
{
    struct sample_sum sum = {.sampled = 0};

    (void)state;
    sample_add(&sum, 10, 0);
    sample_add(&sum, 0, 0);
    assert_true(sum.blocks == 2 && sum.bytes == 10);
    assert_true(sum.blocks_variance == 0 && sum.bytes_variance == 0);
}

static void
test_sampler_whole_has_the_mean_of_what_it_rounds(void **state)
{
    struct sampler sampler = {0, 77};
    double sum = 0;

    (void)state;
    for (unsigned k = 0; k < 100000; k++) {
        uint64_t whole = sampler_whole(&sampler, 3.3);

        assert_true(whole == 3 || whole == 4);
        sum += (double)whole;
    }
    assert_true(fabs(sum / 100000 - 3.3) < 0.006);
    assert_int_equal(sampler_whole(&sampler, 5), 5);
    assert_int_equal(sampler_whole(&sampler, 1e300), (uint64_t)1 << 63);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sampler_take_goes_by_the_size),
        cmocka_unit_test(test_sampler_take_has_no_favourites),
        cmocka_unit_test(test_sampler_take_is_the_same_with_the_same_seed),
        cmocka_unit_test(test_sampler_take_of_one_byte_intervals_takes_most),
        cmocka_unit_test(test_sample_add_is_unbiased_and_knows_its_error),
        cmocka_unit_test(test_sample_weight_without_an_interval_is_one),
        cmocka_unit_test(test_sampler_whole_has_the_mean_of_what_it_rounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
