/*
 * test_pool.c - items of one size.
 */
#include "meta/pool.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "os/page.h"

struct item {
    uint64_t words[5];
};

static void
test_pool_take_new_is_zeroed_and_counted(void **state)
{
    struct pool pool = POOL_INIT(struct item);
    struct item *item = pool_take(&pool);

    (void)state;
    assert_non_null(item);
    assert_int_equal((uintptr_t)item % _Alignof(struct item), 0);
    for (int i = 0; i < 5; i++)
        assert_true(item->words[i] == 0);
    assert_int_equal(pool.live, 1);
    region_fini(&pool.region);
}

static void
test_pool_take_many_do_not_overlap(void **state)
{
    struct pool pool = POOL_INIT(struct item);
    struct item *items[3000];

    (void)state;
    for (uint64_t i = 0; i < 3000; i++) {
        items[i] = pool_take(&pool);
        assert_non_null(items[i]);
        items[i]->words[0] = i;
        items[i]->words[4] = i;
    }
    for (uint64_t i = 0; i < 3000; i++) {
        assert_true(items[i]->words[0] == i);
        assert_true(items[i]->words[4] == i);
    }
    region_fini(&pool.region);
}

static void
test_pool_take_after_give_reuses_the_last(void **state)
{
    struct pool pool = POOL_INIT(struct item);
    struct item *a = pool_take(&pool);
    struct item *b = pool_take(&pool);

    (void)state;
    b->words[3] = 77;
    pool_give(&pool, a);
    pool_give(&pool, b);
    assert_int_equal(pool.live, 0);
    assert_ptr_equal(pool_take(&pool), b);
    assert_ptr_equal(pool_take(&pool), a);
    assert_true(b->words[3] == 77);
    assert_int_equal(pool.live, 2);
    region_fini(&pool.region);
}

static void
test_pool_take_aligned_type_is_aligned(void **state)
{
    struct wide {
        _Alignas(64) char bytes[64];
    };
    struct pool pool = POOL_INIT(struct wide);

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal((uintptr_t)pool_take(&pool) % 64, 0);
    region_fini(&pool.region);
}

static void
test_pool_take_refused_gives_null_uncounted(void **state)
{
    struct pool pool = POOL_INIT(struct item);

    (void)state;
    page_fail_at(1, false);
    assert_null(pool_take(&pool));
    assert_int_equal(pool.live, 0);
    page_fail_at(0, false);
    assert_non_null(pool_take(&pool));
    region_fini(&pool.region);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pool_take_new_is_zeroed_and_counted),
        cmocka_unit_test(test_pool_take_many_do_not_overlap),
        cmocka_unit_test(test_pool_take_after_give_reuses_the_last),
        cmocka_unit_test(test_pool_take_aligned_type_is_aligned),
        cmocka_unit_test(test_pool_take_refused_gives_null_uncounted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
