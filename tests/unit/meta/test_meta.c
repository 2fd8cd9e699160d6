/*
 * test_meta.c - the pages of meta/, counted.
 */
#include "meta/meta.h"

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
test_meta_map_odd_size_is_counted_in_pages(void **state)
{
    uint64_t before = meta_bytes();
    char *p = meta_map(1);

    (void)state;
    assert_non_null(p);
    p[page_size() - 1] = 1;
    assert_true(meta_bytes() == before + page_size());
    meta_unmap(p, 1);
    assert_true(meta_bytes() == before);
}

static void
test_meta_map_bad_size_gives_null(void **state)
{
    uint64_t before = meta_bytes();

    (void)state;
    assert_null(meta_map(0));
    assert_null(meta_map(SIZE_MAX));
    assert_null(meta_map(SIZE_MAX / 2));
    assert_true(meta_bytes() == before);
}

static void
test_meta_remap_growing_keeps_and_zeroes(void **state)
{
    uint64_t before = meta_bytes();
    size_t size = 5 * page_size();
    char *p = meta_map(10);

    (void)state;
    strcpy(p, "kept");
    p = meta_remap(p, 10, size);
    assert_non_null(p);
    assert_string_equal(p, "kept");
    assert_int_equal(p[size - 1], 0);
    assert_true(meta_bytes() == before + size);
    meta_unmap(p, size);
    assert_true(meta_bytes() == before);
}

static void
test_meta_remap_refused_changes_nothing(void **state)
{
    uint64_t before = meta_bytes();
    char *p = meta_map(10);

    (void)state;
    strcpy(p, "kept");
    page_fail_at(1, false);
    assert_null(meta_remap(p, 10, 5 * page_size()));
    assert_null(meta_remap(p, 10, SIZE_MAX));
    assert_string_equal(p, "kept");
    assert_true(meta_bytes() == before + page_size());
    meta_unmap(p, 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_meta_map_odd_size_is_counted_in_pages),
        cmocka_unit_test(test_meta_map_bad_size_gives_null),
        cmocka_unit_test(test_meta_remap_growing_keeps_and_zeroes),
        cmocka_unit_test_teardown(test_meta_remap_refused_changes_nothing,
                                  teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
