/*
 * test_classify.c - from marks to kinds, and who hangs under whom.
 */
#include "scanned.h"

#define MOST 8

static void **blocks[MOST];

static int
set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < MOST; i++)
        blocks[i] = scanned_make(4);
    return 0;
}

static int
tear_down(void **state)
{
    (void)state;
    scanned_over();
    for (size_t i = 0; i < MOST; i++)
        scanned_end_block(blocks[i]);
    return 0;
}

static void
test_classify_rest_lost_chain_hangs_under_its_head(void **state)
{
    (void)state;
    blocks[5][0] = blocks[2]; /* the head is not the first of the heap */
    blocks[2][3] = blocks[7];
    scanned_from(NULL, 0);
    assert_int_equal(scanned_kind(blocks[5]), LEAK_DEFINITE);
    assert_int_equal(scanned_kind(blocks[2]), LEAK_INDIRECT);
    assert_int_equal(scanned_kind(blocks[7]), LEAK_INDIRECT);
    assert_ptr_equal(scanned_leader(blocks[2]), blocks[5]);
    assert_ptr_equal(scanned_leader(blocks[7]), blocks[5]);
    assert_null(scanned_leader(blocks[5]));
    assert_int_equal(scanned_kind(blocks[0]), LEAK_DEFINITE);
}

static void
test_classify_rest_ring_has_one_leader(void **state)
{
    unsigned leaders = 0;

    (void)state;
    blocks[1][0] = blocks[3];
    blocks[3][0] = blocks[6];
    blocks[6][0] = blocks[1];
    scanned_from(NULL, 0);
    leaders += scanned_kind(blocks[1]) == LEAK_DEFINITE;
    leaders += scanned_kind(blocks[3]) == LEAK_DEFINITE;
    leaders += scanned_kind(blocks[6]) == LEAK_DEFINITE;
    assert_int_equal(leaders, 1);
}

static void
test_classify_rest_block_under_two_leaders_has_one(void **state)
{
    void *leader;

    (void)state;
    blocks[0][0] = blocks[4];
    blocks[1][0] = blocks[4];
    scanned_from(NULL, 0);
    assert_int_equal(scanned_kind(blocks[0]), LEAK_DEFINITE);
    assert_int_equal(scanned_kind(blocks[1]), LEAK_DEFINITE);
    assert_int_equal(scanned_kind(blocks[4]), LEAK_INDIRECT);
    leader = scanned_leader(blocks[4]);
    assert_true(leader == blocks[0] || leader == blocks[1]);
}

static void
test_classify_rest_middle_alone_is_possible(void **state)
{
    void *roots[] = {&blocks[0][2], blocks[1]};

    (void)state;
    blocks[0][0] = blocks[2]; /* under it all is possible */
    blocks[1][0] = &blocks[3][1];
    scanned_from(roots, 2);
    assert_int_equal(scanned_kind(blocks[0]), LEAK_POSSIBLE);
    assert_int_equal(scanned_kind(blocks[2]), LEAK_POSSIBLE);
    assert_int_equal(scanned_kind(blocks[1]), LEAK_REACHABLE);
    assert_int_equal(scanned_kind(blocks[3]), LEAK_POSSIBLE);
}

static void
test_classify_rest_first_byte_wins_over_the_middle(void **state)
{
    void *roots[] = {&blocks[0][2], blocks[1]};

    (void)state;
    blocks[1][0] = blocks[0];
    scanned_from(roots, 2);
    assert_int_equal(scanned_kind(blocks[0]), LEAK_REACHABLE);
}

static void
test_classify_kind_what_was_not_seen_is_outstanding(void **state)
{
    (void)state;
    scanned_from(NULL, 0);
    assert_int_equal(scanned_kind(&blocks), LEAK_OUTSTANDING);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_classify_rest_lost_chain_hangs_under_its_head, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(test_classify_rest_ring_has_one_leader,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_classify_rest_block_under_two_leaders_has_one, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_classify_rest_middle_alone_is_possible, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            test_classify_rest_first_byte_wins_over_the_middle, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            test_classify_kind_what_was_not_seen_is_outstanding, set_up,
            tear_down),
    };

    return cmocka_run_group_tests(tests, scanned_start, NULL);
}
