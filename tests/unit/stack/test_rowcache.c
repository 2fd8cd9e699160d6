/*
 * test_rowcache.c - rules by place: none is taken for another's.
 */
#include "stack/rowcache.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static int
setup(void **state)
{
    (void)state;
    rowcache_clear();
    return 0;
}

static void
test_rowcache_rule_gives_its_parts_back(void **state)
{
    uint32_t rule = rowcache_rule(ROWCACHE_FP, 4095, 4094, true);

    (void)state;
    assert_int_equal(rowcache_kind(rule), ROWCACHE_FP);
    assert_int_equal(rowcache_cfa(rule), 4095 * 8);
    assert_int_equal(rowcache_fp(rule), 4094 * 8);
    assert_int_not_equal(rule & ROWCACHE_RA_AT_CFA, 0);
    assert_int_equal(rule >> ROWCACHE_RULE_BITS, 0);
    rule = rowcache_rule(ROWCACHE_SP, 1, 0, false);
    assert_int_equal(rowcache_kind(rule), ROWCACHE_SP);
    assert_int_equal(rowcache_cfa(rule), 8);
    assert_int_equal(rowcache_fp(rule), 0);
    assert_int_equal(rule & ROWCACHE_RA_AT_CFA, 0);
}

static void
test_rowcache_find_of_an_unknown_place_gives_nothing(void **state)
{
    (void)state;
    assert_int_equal(rowcache_find(0x555555551234), 0);
    assert_int_equal(rowcache_find(0), 0);
}

/* A place whose first word is that of 0x1234, the `i`-th. */
static uintptr_t
rival(uintptr_t i)
{
    uintptr_t rest = 0xaaaa00 + i * 3;

    return rest << ROWCACHE_LOG2 |
           ((0x1234 ^ rest) & (((uintptr_t)1 << ROWCACHE_LOG2) - 1));
}

/* All places that share a word: whoever is in it is known exactly. */
static void
test_rowcache_find_among_places_of_one_word_is_exact(void **state)
{
    enum { PLACES = 200 };

    (void)state;
    for (uintptr_t i = 0; i < PLACES; i++) {
        assert_int_equal(rowcache_index(rival(i)), rowcache_index(rival(0)));
        rowcache_insert(rival(i),
                        rowcache_rule(ROWCACHE_SP, (uint32_t)i + 1, 0, true));
        for (uintptr_t j = 0; j <= i; j++) {
            uint32_t rule = rowcache_find(rival(j));

            assert_true(rule == 0 || rowcache_cfa(rule) == (j + 1) * 8);
        }
        assert_int_not_equal(rowcache_find(rival(i)), 0);
    }
}

/* A few that share a word stay, each in a second one. */
static void
test_rowcache_rivals_for_a_word_all_have_one(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (uintptr_t i = 0; i < 8; i++) {
            assert_int_equal(rowcache_find(rival(i)) != 0, round == 1);
            if (round == 0)
                rowcache_insert(rival(i), rowcache_rule(ROWCACHE_SP, 1, 0, 1));
        }
    }
}

/* As many as a large program has: nearly all are there at once. */
static void
test_rowcache_find_of_many_places_seldom_misses(void **state)
{
    enum { PLACES = 1 << (ROWCACHE_LOG2 - 2) };
    unsigned missing = 0;

    (void)state;
    for (uintptr_t i = 0; i < PLACES; i++)
        rowcache_insert(0x555555554000 + i * 4099,
                        rowcache_rule(ROWCACHE_SP, 1, 0, true));
    for (uintptr_t i = 0; i < PLACES; i++)
        missing += rowcache_find(0x555555554000 + i * 4099) == 0;
    assert_true(missing < PLACES / 100);
}

static void
test_rowcache_insert_beyond_the_address_bits_is_left_out(void **state)
{
    uintptr_t place = ((uintptr_t)1 << ARCH_ADDR_BITS) + 0x1234;

    (void)state;
    rowcache_insert(place, rowcache_rule(ROWCACHE_SP, 1, 0, true));
    assert_int_equal(rowcache_find(place), 0);
    assert_int_equal(rowcache_find(0x1234), 0);
}

static void
test_rowcache_clear_forgets_all(void **state)
{
    (void)state;
    rowcache_insert(0x401000, rowcache_rule(ROWCACHE_END, 0, 0, false));
    rowcache_clear();
    assert_int_equal(rowcache_find(0x401000), 0);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_rowcache_rule_gives_its_parts_back),
        CASE(test_rowcache_find_of_an_unknown_place_gives_nothing),
        CASE(test_rowcache_find_among_places_of_one_word_is_exact),
        CASE(test_rowcache_rivals_for_a_word_all_have_one),
        CASE(test_rowcache_find_of_many_places_seldom_misses),
        CASE(test_rowcache_insert_beyond_the_address_bits_is_left_out),
        CASE(test_rowcache_clear_forgets_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
