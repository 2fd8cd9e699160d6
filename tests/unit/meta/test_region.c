/*
 * test_region.c - bump allocation.
 */
#include "meta/region.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "os/page.h"

static int
teardown(void **state)
{
    (void)state;
    page_fail_at(0, false);
    return 0;
}

static void
test_region_take_small_is_zeroed_and_aligned(void **state)
{
    struct region region = REGION_INIT;

    (void)state;
    for (size_t align = 1; align <= 4096; align *= 2) {
        unsigned char *p = region_take(&region, 40, align);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % align, 0);
        for (int i = 0; i < 40; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, 40);
    }
    region_fini(&region);
}

static void
test_region_take_many_do_not_overlap(void **state)
{
    struct region region = REGION_INIT;
    uint32_t *items[5000];

    (void)state;
    region.chunk_size = 4096;
    for (uint32_t i = 0; i < 5000; i++) {
        items[i] = region_take(&region, 4 + i % 60, 4);
        assert_non_null(items[i]);
        *items[i] = i;
    }
    for (uint32_t i = 0; i < 5000; i++)
        assert_int_equal(*items[i], i);
    region_fini(&region);
}

static void
test_region_take_exact_chunk_fills_it(void **state)
{
    struct region region = REGION_INIT;
    uint64_t before = meta_bytes();

    (void)state;
    region.chunk_size = page_size();
    /* The head of a chunk is two words. */
    assert_non_null(region_take(&region, page_size() - 16, 1));
    /* Each has a closed page before it. */
    assert_int_equal(meta_bytes() - before, 2 * page_size());
    assert_non_null(region_take(&region, 1, 1));
    assert_int_equal(meta_bytes() - before, 4 * page_size());
    region_fini(&region);
}

static void
test_region_take_page_before_a_chunk_is_closed(void **state)
{
    struct region region = REGION_INIT;
    char *small = region_take(&region, 1, 1);
    char *large = region_take(&region, 1 << 20, 1);

    (void)state;
    /* Each is the first of its chunk, after the head. */
    assert_true(page_is_readable(small - 16, 17));
    assert_false(page_is_readable(small - 17, 1));
    assert_true(page_is_readable(large - 16, 17));
    assert_false(page_is_readable(large - 17, 1));
    region_fini(&region);
}

static void
test_region_take_large_keeps_the_newest_chunk(void **state)
{
    struct region region = REGION_INIT;
    char *small = region_take(&region, 16, 16);
    char *large = region_take(&region, 1 << 20, 4096);
    char *next = region_take(&region, 16, 16);

    (void)state;
    assert_non_null(large);
    assert_int_equal((uintptr_t)large % 4096, 0);
    memset(large, 1, 1 << 20);
    assert_ptr_equal(next, small + 16);
    region_fini(&region);
}

static void
test_region_take_large_first_is_given_back(void **state)
{
    struct region region = REGION_INIT;
    uint64_t before = meta_bytes();

    (void)state;
    assert_non_null(region_take(&region, 1 << 20, 1));
    assert_non_null(region_take(&region, 1 << 20, 1));
    assert_non_null(region_take(&region, 1, 1));
    region_fini(&region);
    assert_true(meta_bytes() == before);
}

static void
test_region_take_wrapping_size_gives_null(void **state)
{
    struct region region = REGION_INIT;

    (void)state;
    assert_null(region_take(&region, SIZE_MAX, 1));
    assert_null(region_take(&region, SIZE_MAX - 64, 16));
    assert_null(region_take(&region, SIZE_MAX / 2, 16));
    region_fini(&region);
}

static void
test_region_take_refused_gives_null_then_recovers(void **state)
{
    struct region region = REGION_INIT;

    (void)state;
    page_fail_at(1, true);
    assert_null(region_take(&region, 8, 8));
    assert_null(region_take(&region, 1 << 20, 8));
    page_fail_at(0, false);
    assert_non_null(region_take(&region, 8, 8));
    region_fini(&region);
}

static void
test_region_text_copy_is_terminated(void **state)
{
    struct region region = REGION_INIT;
    char *a = region_text(&region, "abcdef", 3);
    char *b = region_text(&region, "", 0);

    (void)state;
    assert_string_equal(a, "abc");
    assert_string_equal(b, "");
    page_fail_at(1, true);
    assert_null(region_text(&region, NULL, SIZE_MAX));
    region_fini(&region);
}

static void
test_region_fini_gives_all_back_and_is_usable(void **state)
{
    struct region region = REGION_INIT;
    uint64_t before = meta_bytes();
    char *p;

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_non_null(region_take(&region, 3000, 8));
    p = region_take(&region, 8, 8);
    assert_true(meta_bytes() > before);
    region_fini(&region);
    assert_true(meta_bytes() == before);
    assert_false(page_is_readable(p, 1));
    assert_non_null(region_take(&region, 8, 8));
    region_fini(&region);
    region_fini(&region);
    assert_true(meta_bytes() == before);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_region_take_small_is_zeroed_and_aligned),
        cmocka_unit_test(test_region_take_many_do_not_overlap),
        cmocka_unit_test(test_region_take_exact_chunk_fills_it),
        cmocka_unit_test(test_region_take_page_before_a_chunk_is_closed),
        cmocka_unit_test(test_region_take_large_keeps_the_newest_chunk),
        cmocka_unit_test(test_region_take_large_first_is_given_back),
        cmocka_unit_test(test_region_take_wrapping_size_gives_null),
        cmocka_unit_test_teardown(
            test_region_take_refused_gives_null_then_recovers, teardown),
        cmocka_unit_test_teardown(test_region_text_copy_is_terminated,
                                  teardown),
        cmocka_unit_test(test_region_fini_gives_all_back_and_is_usable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
