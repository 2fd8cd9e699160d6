/*
 * test_sizeclass.c - which slot size serves a request, and how spans are cut.
 */
#include "heap/sizeclass.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdbool.h>

static const size_t leads[] = {0, 16};

static void
test_sizeclass_start_sizes_ascend_by_an_eighth_at_most(void **state)
{
    (void)state;
    sizeclass_start(0);
    assert_int_equal(sizeclass_table[0].size, 16);
    assert_int_equal(sizeclass_table[SIZECLASS_COUNT - 1].size,
                     SIZECLASS_MAX);
    for (unsigned i = 1; i < SIZECLASS_COUNT; i++) {
        uint32_t less = sizeclass_table[i - 1].size;
        uint32_t size = sizeclass_table[i].size;

        assert_true(size > less);
        assert_int_equal(size % 16, 0);
        if (less >= 128)
            assert_true((uint64_t)size * 8 <= (uint64_t)less * 9);
        else
            assert_int_equal(size - less, 16);
    }
}

static void
test_sizeclass_of_every_size_is_the_least_that_fits(void **state)
{
    (void)state;
    sizeclass_start(0);
    for (size_t size = 1; size <= SIZECLASS_MAX; size++) {
        unsigned class = sizeclass_of(size);

        assert_in_range(class, 0, SIZECLASS_COUNT - 1);
        assert_true(sizeclass_table[class].size >= size);
        if (class > 0)
            assert_true(sizeclass_table[class - 1].size < size);
        assert_int_equal(class, sizeclass_compute(size));
    }
}

static void
test_sizeclass_of_aligned_every_size_is_the_least_multiple(void **state)
{
    (void)state;
    sizeclass_start(0);
    for (size_t align = 16; align <= 4096; align *= 2) {
        for (size_t size = 1; size <= SIZECLASS_MAX; size++) {
            unsigned class = sizeclass_of_aligned(size, align);
            unsigned least = 0;

            while (least < SIZECLASS_COUNT &&
                   (sizeclass_table[least].size < size ||
                    sizeclass_table[least].size % align != 0))
                least++;
            if (class != least)
                fail_msg("size %zu align %zu: %u, not %u", size, align, class,
                         least);
        }
    }
}

/* What the header promises: no more than a doubling is wasted. */
static void
test_sizeclass_of_aligned_wastes_at_most_a_doubling(void **state)
{
    (void)state;
    sizeclass_start(0);
    for (size_t align = 16; align <= 4096; align *= 2) {
        for (size_t size = align; size <= SIZECLASS_MAX / 2; size++) {
            unsigned class = sizeclass_of_aligned(size, align);

            assert_true(class < SIZECLASS_COUNT);
            assert_true(sizeclass_table[class].size < 2 * size + align);
        }
    }
}

static void
test_sizeclass_of_aligned_too_large_gives_none(void **state)
{
    (void)state;
    sizeclass_start(0);
    assert_int_equal(sizeclass_of_aligned(SIZECLASS_MAX + 1, 16),
                     SIZECLASS_COUNT);
    assert_int_equal(sizeclass_of_aligned(SIZECLASS_MAX - 15, 4096),
                     SIZECLASS_COUNT - 1);
    assert_int_equal(sizeclass_of_aligned(0, 4096),
                     sizeclass_of_aligned(1, 4096));
}

static void
check_cut(const struct sizeclass *class, size_t lead)
{
    size_t bytes = class->units * SIZECLASS_UNIT - lead;

    assert_true(class->capacity >= 8);
    assert_true((size_t)class->capacity * class->size <= bytes);
    assert_true((size_t)(class->capacity + 1) * class->size > bytes);
    /* An index is 16 bits, and 0xffff means none. */
    assert_true(class->capacity < 0xffff);
    assert_true(bytes - (size_t)class->capacity * class->size <= bytes / 16);
}

static void
test_sizeclass_start_spans_hold_eight_and_waste_a_sixteenth(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(leads); i++) {
        sizeclass_start(leads[i]);
        for (unsigned class = 0; class < SIZECLASS_COUNT; class++)
            check_cut(&sizeclass_table[class], leads[i]);
    }
}

static void
test_sizeclass_reciprocal_every_offset_gives_the_quotient(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(leads); i++) {
        sizeclass_start(leads[i]);
        for (unsigned n = 0; n < SIZECLASS_COUNT; n++) {
            const struct sizeclass *class = &sizeclass_table[n];
            uint32_t bytes = (uint32_t)(class->units * SIZECLASS_UNIT);
            uint32_t quotient = 0, rest = 0;

            for (uint32_t offset = 0; offset < bytes; offset++) {
                if (offset * class->reciprocal >> 40 != quotient)
                    fail_msg("class %u offset %u", n, offset);
                if (++rest == class->size) {
                    rest = 0;
                    quotient++;
                }
            }
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_sizeclass_start_sizes_ascend_by_an_eighth_at_most),
        cmocka_unit_test(test_sizeclass_of_every_size_is_the_least_that_fits),
        cmocka_unit_test(
            test_sizeclass_of_aligned_every_size_is_the_least_multiple),
        cmocka_unit_test(test_sizeclass_of_aligned_wastes_at_most_a_doubling),
        cmocka_unit_test(test_sizeclass_of_aligned_too_large_gives_none),
        cmocka_unit_test(
            test_sizeclass_start_spans_hold_eight_and_waste_a_sixteenth),
        cmocka_unit_test(
            test_sizeclass_reciprocal_every_offset_gives_the_quotient),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
