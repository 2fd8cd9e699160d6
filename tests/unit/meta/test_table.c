/*
 * test_table.c - the hash table, also against a model of it.
 */
#include "meta/table.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#include "base/hash.h"
#include "meta/meta.h"
#include "os/page.h"

static void
test_table_find_in_empty_finds_nothing(void **state)
{
    struct table table = TABLE_INIT;
    uint64_t value = 5;

    (void)state;
    assert_false(table_find(&table, 0, &value));
    assert_true(value == 5);
    assert_false(table_remove(&table, 0));
    table_fini(&table);
}

static void
test_table_insert_odd_keys_are_allowed(void **state)
{
    struct table table = TABLE_INIT;
    uint64_t value = 5;

    (void)state;
    assert_int_equal(table_insert(&table, 0, 10), 0);
    assert_int_equal(table_insert(&table, UINT64_MAX, 11), 0);
    assert_true(table_find(&table, 0, &value));
    assert_true(value == 10);
    assert_true(table_find(&table, UINT64_MAX, &value));
    assert_true(value == 11);
    assert_false(table_find(&table, 1, &value));
    table_fini(&table);
}

static void
test_table_insert_same_key_replaces(void **state)
{
    struct table table = TABLE_INIT;
    uint64_t value = 0;

    (void)state;
    assert_int_equal(table_insert(&table, 7, 1), 0);
    assert_int_equal(table_insert(&table, 7, 2), 0);
    assert_int_equal(table.count, 1);
    assert_true(table_find(&table, 7, &value));
    assert_true(value == 2);
    table_fini(&table);
}

static void
test_table_insert_many_stays_under_70_per_cent(void **state)
{
    struct table table = TABLE_INIT;
    uint64_t before = meta_bytes();

    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t value;

        assert_int_equal(table_insert(&table, i * 4096, i), 0);
        assert_true(table.count * 10 <= table.capacity * 7 + 10);
        assert_true(table_find(&table, i * 4096, &value));
        assert_true(value == i);
    }
    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t value;

        assert_true(table_find(&table, i * 4096, &value));
        assert_true(value == i);
    }
    table_fini(&table);
    assert_true(meta_bytes() == before);
}

/* Keys of a small range come and go at random; an array says what must be
 * there. Chains form and are cut everywhere, also around the table's end. */
static void
test_table_remove_at_random_agrees_with_a_model(void **state)
{
    struct table table = TABLE_INIT;
    uint64_t model[80] = {0};
    size_t count = 0;

    (void)state;
    for (uint64_t step = 0; step < 100000; step++) {
        uint64_t dice = hash_u64(step + 1);
        uint64_t key = dice % 80;
        uint64_t value = 0;

        assert_true(table_find(&table, key, &value) == (model[key] != 0));
        assert_true(value == model[key]);
        if (dice >> 40 & 1) {
            assert_int_equal(table_insert(&table, key, step + 1), 0);
            count += model[key] == 0;
            model[key] = step + 1;
        } else {
            assert_true(table_remove(&table, key) == (model[key] != 0));
            count -= model[key] != 0;
            model[key] = 0;
        }
        assert_int_equal(table.count, count);
    }
    for (uint64_t key = 0; key < 80; key++) {
        uint64_t value = 0;

        assert_true(table_find(&table, key, &value) == (model[key] != 0));
        assert_true(value == model[key]);
    }
    table_fini(&table);
}

static void
test_table_insert_refused_changes_nothing(void **state)
{
    struct table table = TABLE_INIT;
    uint64_t key = 0;
    uint64_t value;

    (void)state;
    page_fail_at(1, true);
    assert_int_equal(table_insert(&table, 1, 1), -ENOMEM);
    assert_int_equal(table.count, 0);
    page_fail_at(0, false);
    assert_int_equal(table_insert(&table, key++, 1), 0);
    page_fail_at(1, true);
    while (table_insert(&table, key, key + 1) == 0)
        key++;
    assert_int_equal(table.count, key);
    for (uint64_t i = 0; i < key; i++) {
        assert_true(table_find(&table, i, &value));
        assert_true(value == i + 1);
    }
    assert_false(table_find(&table, key, &value));
    /* Replacing needs no memory. */
    assert_int_equal(table_insert(&table, 0, 9), 0);
    page_fail_at(0, false);
    assert_int_equal(table_insert(&table, key, 1), 0);
    table_fini(&table);
}

struct visits {
    uint64_t keys;
    uint64_t values;
    int count;
    int limit;
};

static bool
visit(uint64_t key, uint64_t value, void *context)
{
    struct visits *visits = context;

    visits->keys += key;
    visits->values += value;
    visits->count++;
    return visits->count < visits->limit;
}

static void
test_table_each_visits_all_once(void **state)
{
    struct table table = TABLE_INIT;
    struct visits visits = {.limit = 1000};

    (void)state;
    table_each(&table, visit, &visits);
    assert_int_equal(visits.count, 0);
    for (uint64_t i = 1; i <= 100; i++)
        assert_int_equal(table_insert(&table, i, i * 1000), 0);
    table_each(&table, visit, &visits);
    assert_int_equal(visits.count, 100);
    assert_true(visits.keys == 5050);
    assert_true(visits.values == 5050000);
    table_fini(&table);
}

static void
test_table_each_false_stops(void **state)
{
    struct table table = TABLE_INIT;
    struct visits visits = {.limit = 3};

    (void)state;
    for (uint64_t i = 1; i <= 100; i++)
        assert_int_equal(table_insert(&table, i, i), 0);
    table_each(&table, visit, &visits);
    assert_int_equal(visits.count, 3);
    table_fini(&table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_find_in_empty_finds_nothing),
        cmocka_unit_test(test_table_insert_odd_keys_are_allowed),
        cmocka_unit_test(test_table_insert_same_key_replaces),
        cmocka_unit_test(test_table_insert_many_stays_under_70_per_cent),
        cmocka_unit_test(test_table_remove_at_random_agrees_with_a_model),
        cmocka_unit_test(test_table_insert_refused_changes_nothing),
        cmocka_unit_test(test_table_each_visits_all_once),
        cmocka_unit_test(test_table_each_false_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
