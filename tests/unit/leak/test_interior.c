/*
 * test_interior.c - pointers into the middle that are as good as the first
 * byte's, and those that are not.
 */
#include "scanned.h"

/* A block of the test's own: the rules read it, and nothing else of it. */
static uintptr_t words[32];

static bool
is_start(size_t size, size_t offset)
{
    struct shadow_block block = {.addr = (uintptr_t)words, .size = size};

    return interior_is_start(&block, block.addr + offset);
}

static int
set_up(void **state)
{
    (void)state;
    memset(words, 0, sizeof(words));
    scanned_begin();
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    scanned_over();
    return 0;
}

static void
test_interior_is_start_array_behind_its_count(void **state)
{
    (void)state;
    words[0] = 5;
    assert_true(is_start(8 + 5 * 24, 8));
    assert_false(is_start(8 + 5 * 24 + 1, 8)); /* not five equal elements */
    assert_false(is_start(8 + 5 * 24, 16));
    words[0] = 0;
    assert_false(is_start(8 + 5 * 24, 8));
    words[7] = 2; /* elements that are aligned to 64 */
    assert_true(is_start(64 + 2 * 64, 64));
}

static void
test_interior_is_start_text_of_a_counted_string(void **state)
{
    (void)state;
    words[0] = 10; /* length */
    words[1] = 20; /* capacity */
    words[2] = 1;
    assert_true(is_start(24 + 21, 24));
    assert_false(is_start(24 + 20, 24)); /* no room for that capacity */
    assert_false(is_start(24 + 21, 32));
    words[0] = 30; /* longer than its capacity */
    assert_false(is_start(24 + 21, 24));
}

static void
test_interior_is_start_behind_the_blocks_own_size(void **state)
{
    (void)state;
    words[0] = 100;
    assert_true(is_start(108, 8));
    words[0] = 99;
    assert_false(is_start(109, 16));
}

static void
test_interior_is_start_note_of_the_block_itself(void **state)
{
    (void)state;
    words[7] = (uintptr_t)words; /* what a maker of aligned blocks frees */
    assert_true(is_start(160, 64));
    words[7] = (uintptr_t)words + 8;
    assert_false(is_start(160, 64));
}

static void
one(void)
{
    words[31]++;
}

/* As compilers lay out tables of virtual functions: constant data. */
static void (*const first_table[4])(void) = {one, one, one, one};
static void (*const second_table[4])(void) = {one, one, one, one};

static void
test_interior_is_start_second_base(void **state)
{
    (void)state;
    words[0] = (uintptr_t)first_table;
    words[2] = (uintptr_t)second_table;
    assert_true(is_start(48, 16));
    assert_false(is_start(48, 24)); /* no table there */
    words[0] = (uintptr_t)words;
    assert_false(is_start(48, 16)); /* the object has none */
}

static void
test_interior_is_start_nothing_of_that_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < 30; i++)
        words[i] = 0x1111111111111111u;
    for (size_t offset = 1; offset < 200; offset++)
        assert_false(is_start(200, offset));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_interior_is_start_array_behind_its_count, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_interior_is_start_text_of_a_counted_string, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_interior_is_start_behind_the_blocks_own_size, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_interior_is_start_note_of_the_block_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_interior_is_start_second_base,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_interior_is_start_nothing_of_that_is_none, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, scanned_start, NULL);
}
