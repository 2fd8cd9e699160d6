/*
 * test_seen.c - a few keys that were met.
 */
#include "base/seen.h"

#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define KEYS 4

static void
test_seen_add_new_is_true_once(void **state)
{
    _Atomic uint64_t keys[KEYS] = {0};

    (void)state;
    assert_true(seen_add(keys, KEYS, 7));
    assert_false(seen_add(keys, KEYS, 7));
    assert_true(seen_add(keys, KEYS, 8));
    assert_false(seen_add(keys, KEYS, 7));
    assert_false(seen_add(keys, KEYS, 8));
}

static void
test_seen_add_full_is_false(void **state)
{
    _Atomic uint64_t keys[KEYS] = {0};

    (void)state;
    for (uint64_t key = 1; key <= KEYS; key++)
        assert_true(seen_add(keys, KEYS, key));
    assert_false(seen_add(keys, KEYS, KEYS + 1));
    assert_false(seen_add(keys, KEYS, 1));
}

/* ---- threads ---- */

#define THREADS 4
#define SHARED_KEYS 256

static _Atomic uint64_t shared[SHARED_KEYS];

static void *
add_all(void *arg)
{
    uintptr_t *new_keys = arg;

    for (uint64_t key = 1; key <= SHARED_KEYS; key++)
        *new_keys += seen_add(shared, SHARED_KEYS, key);
    return NULL;
}

static void
test_seen_add_threads_each_key_is_new_to_one(void **state)
{
    uintptr_t new_keys[THREADS] = {0};
    pthread_t threads[THREADS];
    uintptr_t sum = 0;

    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, add_all, &new_keys[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        sum += new_keys[i];
    }
    assert_int_equal(sum, SHARED_KEYS);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seen_add_new_is_true_once),
        cmocka_unit_test(test_seen_add_full_is_false),
        cmocka_unit_test(test_seen_add_threads_each_key_is_new_to_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
