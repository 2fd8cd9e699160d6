/*
 * test_pagemap.c - from addresses to spans. The addresses are never touched,
 * so any will do.
 */
#include "heap/pagemap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <errno.h>

#include "heap/span.h"
#include "os/page.h"

#define LEAF_BYTES ((uintptr_t)1 << PAGEMAP_LEAF_SHIFT)

static struct span one, two;

static int
teardown(void **state)
{
    (void)state;
    page_fail_at(0, false);
    return 0;
}

static void
test_pagemap_find_unset_gives_null(void **state)
{
    (void)state;
    assert_null(pagemap_find(0));
    assert_null(pagemap_find((uintptr_t)&one));
    assert_null(pagemap_find(((uintptr_t)1 << ARCH_ADDR_BITS) - 1));
}

/* Addresses of the kernel's half, and tags in the top bits. */
static void
test_pagemap_find_wide_address_gives_null(void **state)
{
    static volatile const uintptr_t wide[] = {
        (uintptr_t)1 << ARCH_ADDR_BITS, (uintptr_t)1 << 63, UINTPTR_MAX};

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(wide); i++)
        assert_null(pagemap_find(wide[i]));
}

static void
test_pagemap_set_leads_exactly_these_units(void **state)
{
    uintptr_t start = 5 * LEAF_BYTES + 7 * SIZECLASS_UNIT;
    size_t size = 3 * SIZECLASS_UNIT;

    (void)state;
    assert_int_equal(pagemap_set(start, 3, &one), 0);
    assert_ptr_equal(pagemap_find(start), &one);
    assert_ptr_equal(pagemap_find(start + size / 2), &one);
    assert_ptr_equal(pagemap_find(start + size - 1), &one);
    assert_null(pagemap_find(start - 1));
    assert_null(pagemap_find(start + size));
    pagemap_clear(start, 3);
    assert_null(pagemap_find(start));
    assert_null(pagemap_find(start + size - 1));
}

static void
test_pagemap_set_over_another_replaces(void **state)
{
    uintptr_t start = 6 * LEAF_BYTES;

    (void)state;
    assert_int_equal(pagemap_set(start, 4, &one), 0);
    assert_int_equal(pagemap_set(start + SIZECLASS_UNIT, 1, &two), 0);
    assert_ptr_equal(pagemap_find(start), &one);
    assert_ptr_equal(pagemap_find(start + SIZECLASS_UNIT), &two);
    assert_ptr_equal(pagemap_find(start + 2 * SIZECLASS_UNIT), &one);
    pagemap_clear(start, 4);
    assert_null(pagemap_find(start + SIZECLASS_UNIT));
}

static void
test_pagemap_set_across_leaves_sets_both_sides(void **state)
{
    uintptr_t start = 9 * LEAF_BYTES - SIZECLASS_UNIT;

    (void)state;
    assert_int_equal(pagemap_set(start, 2, &one), 0);
    assert_ptr_equal(pagemap_find(start), &one);
    assert_ptr_equal(pagemap_find(9 * LEAF_BYTES), &one);
    assert_null(pagemap_find(start - 1));
    assert_null(pagemap_find(start + 2 * SIZECLASS_UNIT));
    pagemap_clear(start, 2);
}

static void
test_pagemap_set_last_unit_is_found(void **state)
{
    uintptr_t start = ((uintptr_t)1 << ARCH_ADDR_BITS) - SIZECLASS_UNIT;

    (void)state;
    assert_int_equal(pagemap_set(start, 1, &one), 0);
    assert_ptr_equal(pagemap_find(start + SIZECLASS_UNIT - 1), &one);
    pagemap_clear(start, 1);
    assert_null(pagemap_find(start));
}

static void
test_pagemap_set_past_the_last_address_fails(void **state)
{
    uintptr_t end = (uintptr_t)1 << ARCH_ADDR_BITS;

    (void)state;
    assert_int_equal(pagemap_set(end, 1, &one), -ENOMEM);
    assert_int_equal(pagemap_set(end - SIZECLASS_UNIT, 2, &one), -ENOMEM);
    assert_null(pagemap_find(end - SIZECLASS_UNIT));
}

static void
test_pagemap_set_without_memory_sets_nothing(void **state)
{
    uintptr_t start = 21 * LEAF_BYTES - SIZECLASS_UNIT;

    (void)state;
    /* The first leaf is made, the second refused. */
    page_fail_at(2, false);
    assert_int_equal(pagemap_set(start, 2, &one), -ENOMEM);
    page_fail_at(0, false);
    assert_null(pagemap_find(start));
    assert_null(pagemap_find(21 * LEAF_BYTES));
    assert_int_equal(pagemap_set(start, 2, &one), 0);
    assert_ptr_equal(pagemap_find(21 * LEAF_BYTES), &one);
    pagemap_clear(start, 2);
}

static void
test_pagemap_clear_of_missing_leaf_does_nothing(void **state)
{
    (void)state;
    pagemap_clear(30 * LEAF_BYTES, 8);
    assert_null(pagemap_find(30 * LEAF_BYTES));
}

/* ---- threads that all need the same leaf at once ---- */

#define THREADS 4
#define ROUNDS 16

static pthread_barrier_t barrier;

static void *
set_neighbours(void *context)
{
    uintptr_t number = (uintptr_t)context;
    long bad = 0;

    for (uintptr_t round = 0; round < ROUNDS; round++) {
        uintptr_t start =
            (100 + round) * LEAF_BYTES + number * SIZECLASS_UNIT;
        struct span *mine = number % 2 == 0 ? &one : &two;

        (void)pthread_barrier_wait(&barrier);
        bad += pagemap_set(start, 1, mine) != 0;
        (void)pthread_barrier_wait(&barrier);
        for (uintptr_t i = 0; i < THREADS; i++)
            bad += pagemap_find((100 + round) * LEAF_BYTES +
                                i * SIZECLASS_UNIT) !=
                   (i % 2 == 0 ? &one : &two);
    }
    return (void *)bad;
}

static void
test_pagemap_set_by_threads_loses_none(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, set_neighbours, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) {
        void *bad;

        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
    (void)pthread_barrier_destroy(&barrier);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pagemap_find_unset_gives_null),
        cmocka_unit_test(test_pagemap_find_wide_address_gives_null),
        cmocka_unit_test(test_pagemap_set_leads_exactly_these_units),
        cmocka_unit_test(test_pagemap_set_over_another_replaces),
        cmocka_unit_test(test_pagemap_set_across_leaves_sets_both_sides),
        cmocka_unit_test(test_pagemap_set_last_unit_is_found),
        cmocka_unit_test(test_pagemap_set_past_the_last_address_fails),
        cmocka_unit_test_teardown(test_pagemap_set_without_memory_sets_nothing,
                                  teardown),
        cmocka_unit_test(test_pagemap_clear_of_missing_leaf_does_nothing),
        cmocka_unit_test(test_pagemap_set_by_threads_loses_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
