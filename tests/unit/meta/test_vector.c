/*
 * test_vector.c - an array that grows.
 */
#include "meta/vector.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "meta/meta.h"
#include "os/page.h"

static int
compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void
test_vector_add_many_are_kept(void **state)
{
    struct vector vector = VECTOR_INIT(uint32_t);

    (void)state;
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t *item = vector_add(&vector);

        assert_non_null(item);
        assert_int_equal(*item, 0);
        *item = i;
    }
    assert_int_equal(vector.count, 20000);
    for (uint32_t i = 0; i < 20000; i++)
        assert_int_equal(VECTOR_AT(&vector, uint32_t, i), i);
    vector_fini(&vector);
}

static void
test_vector_add_odd_item_size_grows(void **state)
{
    struct odd {
        char bytes[37];
    };
    struct vector vector = VECTOR_INIT(struct odd);
    uint64_t before = meta_bytes();

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct odd *item = vector_add(&vector);

        assert_non_null(item);
        memset(item, i & 0xff, sizeof(*item));
    }
    for (int i = 0; i < 2000; i++)
        assert_int_equal(
            (unsigned char)VECTOR_AT(&vector, struct odd, i).bytes[36],
            i & 0xff);
    vector_fini(&vector);
    assert_true(meta_bytes() == before);
}

static void
test_vector_add_item_over_a_page_grows(void **state)
{
    struct huge {
        char bytes[10000];
    };
    struct vector vector = VECTOR_INIT(struct huge);
    uint64_t before = meta_bytes();

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct huge *item = vector_add(&vector);

        assert_non_null(item);
        memset(item, i, sizeof(*item));
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(VECTOR_AT(&vector, struct huge, i).bytes[9999], i);
    vector_fini(&vector);
    assert_true(meta_bytes() == before);
}

static void
test_vector_add_refused_changes_nothing(void **state)
{
    struct vector vector = VECTOR_INIT(uint32_t);

    (void)state;
    assert_int_equal(vector_reserve(&vector, 1), 0);
    while (vector.count < vector.capacity)
        *(uint32_t *)vector_add(&vector) = 5;
    page_fail_at(1, true);
    for (int i = 0; i < 3; i++) {
        size_t count = vector.count;

        assert_null(vector_add(&vector));
        assert_int_equal(vector.count, count);
    }
    page_fail_at(0, false);
    assert_int_equal(VECTOR_AT(&vector, uint32_t, vector.count - 1), 5);
    assert_non_null(vector_add(&vector));
    vector_fini(&vector);
}

static void
test_vector_reserve_room_needs_no_more_calls(void **state)
{
    struct vector vector = VECTOR_INIT(uint64_t);
    unsigned long calls;

    (void)state;
    assert_int_equal(vector_reserve(&vector, 5000), 0);
    assert_int_equal(vector.count, 0);
    calls = page_calls();
    for (int i = 0; i < 5000; i++)
        assert_non_null(vector_add(&vector));
    assert_int_equal(page_calls(), calls);
    assert_int_equal(vector_reserve(&vector, 10), 0);
    assert_int_equal(vector.count, 5000);
    vector_fini(&vector);
}

static void
test_vector_reserve_wrapping_gives_enomem(void **state)
{
    struct vector vector = VECTOR_INIT(uint64_t);

    (void)state;
    assert_int_equal(vector_reserve(&vector, SIZE_MAX / 4), -ENOMEM);
    assert_int_equal(vector_reserve(&vector, SIZE_MAX / 8), -ENOMEM);
    assert_null(vector.items);
    vector_fini(&vector);
}

static void
check_sorted(uint32_t count, uint32_t distinct)
{
    struct vector vector = VECTOR_INIT(uint32_t);
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        uint32_t *item = vector_add(&vector);

        *item = (uint32_t)(hash_u64(i) % distinct);
        sum += *item;
    }
    vector_sort(&vector, compare_u32);
    for (uint32_t i = 0; i < count; i++) {
        sum -= VECTOR_AT(&vector, uint32_t, i);
        if (i > 0)
            assert_true(VECTOR_AT(&vector, uint32_t, i - 1) <=
                        VECTOR_AT(&vector, uint32_t, i));
    }
    assert_true(sum == 0);
    vector_fini(&vector);
}

static void
test_vector_sort_random_items_are_ordered(void **state)
{
    (void)state;
    for (uint32_t count = 0; count < 40; count++)
        check_sorted(count, 1000);
    check_sorted(10000, UINT32_MAX);
    check_sorted(10000, 3);
}

/* The first places of one vector are those of another that is sorted. */
static void
test_vector_sort_first_gives_what_sorting_all_would(void **state)
{
    (void)state;
    for (size_t first = 0; first < 30; first++) {
        struct vector some = VECTOR_INIT(uint32_t);
        struct vector all = VECTOR_INIT(uint32_t);

        for (uint32_t i = 0; i < 20; i++) {
            uint32_t value = (uint32_t)(hash_u64(i + 100 * first) % 17);

            *(uint32_t *)vector_add(&some) = value;
            *(uint32_t *)vector_add(&all) = value;
        }
        vector_sort_first(&some, first, compare_u32);
        vector_sort(&all, compare_u32);
        for (size_t i = 0; i < first && i < 20; i++)
            assert_int_equal(VECTOR_AT(&some, uint32_t, i),
                             VECTOR_AT(&all, uint32_t, i));
        /* All are still there. */
        vector_sort(&some, compare_u32);
        assert_memory_equal(some.items, all.items, 20 * sizeof(uint32_t));
        vector_fini(&some);
        vector_fini(&all);
    }
}

static int
compare_wide(const void *a, const void *b)
{
    return memcmp(a, b, 100);
}

static void
test_vector_sort_wide_items_move_whole(void **state)
{
    struct wide {
        unsigned char bytes[100];
    };
    struct vector vector = VECTOR_INIT(struct wide);

    (void)state;
    for (int i = 0; i < 200; i++) {
        struct wide *item = vector_add(&vector);

        memset(item, 199 - i, sizeof(*item));
    }
    vector_sort(&vector, compare_wide);
    for (int i = 0; i < 200; i++) {
        const struct wide *item = &VECTOR_AT(&vector, struct wide, i);

        for (int j = 0; j < 100; j++)
            assert_int_equal(item->bytes[j], i);
    }
    vector_fini(&vector);
}

static void
test_vector_clear_then_add_is_zeroed(void **state)
{
    struct vector vector = VECTOR_INIT(uint32_t);

    (void)state;
    *(uint32_t *)vector_add(&vector) = 9;
    vector_clear(&vector);
    assert_int_equal(vector.count, 0);
    assert_int_equal(*(uint32_t *)vector_add(&vector), 0);
    vector_fini(&vector);
    assert_null(vector.items);
    vector_fini(&vector);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_add_many_are_kept),
        cmocka_unit_test(test_vector_add_odd_item_size_grows),
        cmocka_unit_test(test_vector_add_item_over_a_page_grows),
        cmocka_unit_test(test_vector_add_refused_changes_nothing),
        cmocka_unit_test(test_vector_reserve_room_needs_no_more_calls),
        cmocka_unit_test(test_vector_reserve_wrapping_gives_enomem),
        cmocka_unit_test(test_vector_sort_random_items_are_ordered),
        cmocka_unit_test(test_vector_sort_first_gives_what_sorting_all_would),
        cmocka_unit_test(test_vector_sort_wide_items_move_whole),
        cmocka_unit_test(test_vector_clear_then_add_is_zeroed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
