/*
 * test_bits.c - alignment, logarithms and checked arithmetic.
 */
#include "base/bits.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
test_bits_is_power_all_kinds_tells(void **state)
{
    (void)state;
    assert_false(bits_is_power(0));
    assert_true(bits_is_power(1));
    assert_true(bits_is_power(4096));
    assert_false(bits_is_power(4097));
    assert_true(bits_is_power((size_t)1 << 63));
    assert_false(bits_is_power(SIZE_MAX));
}

static void
test_bits_align_up_edges_rounds(void **state)
{
    (void)state;
    assert_int_equal(bits_align_up(0, 16), 0);
    assert_int_equal(bits_align_up(1, 16), 16);
    assert_int_equal(bits_align_up(16, 16), 16);
    assert_int_equal(bits_align_up(17, 16), 32);
    assert_int_equal(bits_align_up(17, 1), 17);
}

static void
test_bits_align_down_edges_rounds(void **state)
{
    (void)state;
    assert_int_equal(bits_align_down(15, 16), 0);
    assert_int_equal(bits_align_down(16, 16), 16);
    assert_int_equal(bits_align_down(SIZE_MAX, 4096), SIZE_MAX - 4095);
}

static void
test_bits_log2_each_power_agrees(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 64; k++) {
        assert_int_equal(bits_log2_floor(UINT64_C(1) << k), k);
        assert_int_equal(bits_log2_ceil(UINT64_C(1) << k), k);
    }
    assert_int_equal(bits_log2_floor(5), 2);
    assert_int_equal(bits_log2_ceil(5), 3);
    assert_int_equal(bits_log2_ceil(UINT64_MAX), 64);
}

static void
test_bits_try_add_wrapping_refuses(void **state)
{
    size_t sum = 7;

    (void)state;
    assert_false(bits_try_add(SIZE_MAX, 1, &sum));
    assert_int_equal(sum, 7);
    assert_true(bits_try_add(SIZE_MAX - 1, 1, &sum));
    assert_true(sum == SIZE_MAX);
}

static void
test_bits_try_mul_wrapping_refuses(void **state)
{
    size_t product = 7;

    (void)state;
    assert_false(bits_try_mul((size_t)1 << 32, (size_t)1 << 32, &product));
    assert_int_equal(product, 7);
    assert_true(bits_try_mul((size_t)1 << 32, ((size_t)1 << 32) - 1, &product));
    assert_true(product == SIZE_MAX - ((size_t)1 << 32) + 1);
}

static void
test_bits_try_align_up_wrapping_refuses(void **state)
{
    size_t aligned = 7;

    (void)state;
    assert_false(bits_try_align_up(SIZE_MAX - 14, 16, &aligned));
    assert_int_equal(aligned, 7);
    assert_true(bits_try_align_up(SIZE_MAX - 15, 16, &aligned));
    assert_true(aligned == SIZE_MAX - 15);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_is_power_all_kinds_tells),
        cmocka_unit_test(test_bits_align_up_edges_rounds),
        cmocka_unit_test(test_bits_align_down_edges_rounds),
        cmocka_unit_test(test_bits_log2_each_power_agrees),
        cmocka_unit_test(test_bits_try_add_wrapping_refuses),
        cmocka_unit_test(test_bits_try_mul_wrapping_refuses),
        cmocka_unit_test(test_bits_try_align_up_wrapping_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
