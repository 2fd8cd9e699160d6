/*
 * test_fill.c - fills, and every place where one can be damaged.
 */
#include "guard/fill.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

static unsigned char memory[128];

static void
test_fill_set_writes_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t from = 0; from < 16; from++) {
        for (size_t n = 0; n < 80; n++) {
            memset(memory, 1, sizeof(memory));
            fill_set((uintptr_t)memory + from, n, 0xda);
            for (size_t i = 0; i < sizeof(memory); i++)
                assert_int_equal(memory[i],
                                 i >= from && i < from + n ? 0xda : 1);
        }
    }
}

static void
test_fill_find_damage_whole_fill_gives_none(void **state)
{
    uintptr_t at = 77;

    (void)state;
    memset(memory, 1, sizeof(memory));
    for (size_t from = 0; from < 16; from++) {
        for (size_t n = 0; n < 80; n++) {
            fill_set((uintptr_t)memory + from, n, 0xdf);
            assert_false(fill_find_damage((uintptr_t)memory + from, n, 0xdf,
                                          &at));
            memset(memory, 1, sizeof(memory));
        }
    }
    assert_int_equal(at, 77);
}

static void
test_fill_find_damage_finds_the_first(void **state)
{
    (void)state;
    for (size_t from = 0; from < 9; from++) {
        for (size_t first = 0; first < 70; first++) {
            uintptr_t at = 0;

            memset(memory, 1, sizeof(memory));
            fill_set((uintptr_t)memory + from, 70, 0xdf);
            memory[from + first] ^= 1;
            memory[from + 69] = 0;
            assert_true(
                fill_find_damage((uintptr_t)memory + from, 70, 0xdf, &at));
            assert_int_equal(at, (uintptr_t)memory + from + first);
        }
    }
}

static void
test_fill_find_damage_zero_is_a_fill_too(void **state)
{
    uintptr_t at;

    (void)state;
    memset(memory, 0, sizeof(memory));
    assert_false(fill_find_damage((uintptr_t)memory, sizeof(memory), 0, &at));
    memory[100] = 5;
    assert_true(fill_find_damage((uintptr_t)memory, sizeof(memory), 0, &at));
    assert_int_equal(at, (uintptr_t)memory + 100);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill_set_writes_exactly_its_bytes),
        cmocka_unit_test(test_fill_find_damage_whole_fill_gives_none),
        cmocka_unit_test(test_fill_find_damage_finds_the_first),
        cmocka_unit_test(test_fill_find_damage_zero_is_a_fill_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
