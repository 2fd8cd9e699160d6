/*
 * test_block.c - the names of entry points, and which free fits which block.
 */
#include "model/block.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
test_block_origin_name_of_each_is_not_empty(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ORIGIN__COUNT; i++)
        assert_string_not_equal(block_origin_name((enum origin)i), "");
    assert_string_equal(block_origin_name(ORIGIN_NEW_ARRAY), "operator new[]");
}

static void
test_block_origin_name_of_a_damaged_value_is_safe(void **state)
{
    (void)state;
    assert_non_null(block_origin_name((enum origin)250));
    assert_non_null(block_origin_name(ORIGIN__COUNT));
}

static void
test_block_is_pair_same_family_is_right(void **state)
{
    (void)state;
    assert_true(block_is_pair(ORIGIN_MALLOC, ORIGIN_FREE));
    assert_true(block_is_pair(ORIGIN_ALIGNED_ALLOC, ORIGIN_FREE_SIZED));
    assert_true(block_is_pair(ORIGIN_POSIX_MEMALIGN, ORIGIN_REALLOC));
    assert_true(block_is_pair(ORIGIN_NEW, ORIGIN_DELETE));
    assert_true(block_is_pair(ORIGIN_NEW_ALIGNED, ORIGIN_DELETE));
    assert_true(block_is_pair(ORIGIN_NEW_ARRAY, ORIGIN_DELETE_ARRAY));
}

static void
test_block_is_pair_other_family_is_wrong(void **state)
{
    (void)state;
    assert_false(block_is_pair(ORIGIN_MALLOC, ORIGIN_DELETE));
    assert_false(block_is_pair(ORIGIN_NEW, ORIGIN_FREE));
    assert_false(block_is_pair(ORIGIN_NEW, ORIGIN_DELETE_ARRAY));
    assert_false(block_is_pair(ORIGIN_NEW_ARRAY, ORIGIN_DELETE));
    assert_false(block_is_pair(ORIGIN_NEW_ARRAY, ORIGIN_REALLOC));
    assert_false(block_is_pair(ORIGIN__COUNT, ORIGIN_FREE));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_origin_name_of_each_is_not_empty),
        cmocka_unit_test(test_block_origin_name_of_a_damaged_value_is_safe),
        cmocka_unit_test(test_block_is_pair_same_family_is_right),
        cmocka_unit_test(test_block_is_pair_other_family_is_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
