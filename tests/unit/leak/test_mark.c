/*
 * test_mark.c - from pointer to pointer: what is reached, whatever its shape.
 */
#include "scanned.h"

/* More than the list of blocks that wait holds (mark.c: LIST_MOST). */
#define MANY ((size_t)1200000)

static void
test_mark_words_reach_what_they_point_to(void **state)
{
    void **a = scanned_make(2);
    void **b = scanned_make(2);
    void **c = scanned_make(2);
    void *root = a;

    (void)state;
    a[1] = b;
    b[0] = a;
    scanned_from(&root, 1);
    assert_int_equal(scanned_kind(a), LEAK_REACHABLE);
    assert_int_equal(scanned_kind(b), LEAK_REACHABLE);
    assert_int_equal(scanned_kind(c), LEAK_DEFINITE);
    assert_int_equal(mark_scanned(), 3 * 16); /* the lost one too */
    scanned_over();
    scanned_end_block(a);
    scanned_end_block(b);
    scanned_end_block(c);
}

static void
test_mark_words_past_the_end_is_no_pointer(void **state)
{
    void **a = scanned_make(3);
    void *roots[] = {(char *)a + 24, (char *)a - 1};

    (void)state;
    scanned_from(roots, 2);
    assert_int_equal(scanned_kind(a), LEAK_DEFINITE);
    scanned_over();
    scanned_end_block(a);
}

static void
test_mark_words_last_byte_of_an_odd_size_counts(void **state)
{
    char *a = track_alloc(21, 0, true, ORIGIN_MALLOC, NULL);
    void *root = a + 20;

    (void)state;
    scanned_from(&root, 1);
    assert_int_equal(scanned_kind(a), LEAK_POSSIBLE);
    scanned_over();
    scanned_end_block(a);
}

static void
test_mark_around_reaches_from_the_middle(void **state)
{
    void **a = scanned_make(8);
    void **b = scanned_make(1);

    (void)state;
    a[0] = b;
    scanned_begin();
    mark_around((uintptr_t)(a + 5));
    mark_drain();
    classify_rest();
    assert_int_equal(scanned_kind(a), LEAK_REACHABLE);
    assert_int_equal(scanned_kind(b), LEAK_REACHABLE);
    scanned_over();
    scanned_end_block(a);
    scanned_end_block(b);
}

static void
test_mark_drain_large_block_is_read_whole(void **state)
{
    size_t words = 200000;
    void **a = scanned_make(words);
    void **b = scanned_make(1);
    void *root = a;

    (void)state;
    a[words - 1] = b;
    scanned_from(&root, 1);
    assert_int_equal(scanned_kind(b), LEAK_REACHABLE);
    scanned_over();
    scanned_end_block(a);
    scanned_end_block(b);
}

/* Each of a star's points leads to one more block, so that those that did not
 * fit are scanned too. */
static void
test_mark_drain_more_waits_than_the_list_holds(void **state)
{
    void **star = scanned_make(MANY);
    void *root = star;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        void **point = scanned_make(1);

        if (i % 100 == 0)
            point[0] = scanned_make(1);
        star[i] = point;
    }
    scanned_from(&root, 1);
    for (size_t i = 0; i < MANY; i++) {
        void **point = star[i];

        if (scanned_kind(point) != LEAK_REACHABLE ||
            (i % 100 == 0 && scanned_kind(point[0]) != LEAK_REACHABLE))
            fail();
    }
    scanned_over();
    for (size_t i = 0; i < MANY; i++) {
        void **point = star[i];

        if (i % 100 == 0)
            scanned_end_block(point[0]);
        scanned_end_block(point);
    }
    scanned_end_block(star);
}

static void
test_mark_drain_long_list_needs_no_stack(void **state)
{
    void **last = NULL;
    void *root;

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        void **node = scanned_make(2);

        node[0] = last;
        last = node;
    }
    root = last;
    scanned_from(&root, 1);
    for (void **node = last; node != NULL; node = node[0]) {
        if (scanned_kind(node) != LEAK_REACHABLE)
            fail();
    }
    scanned_over();
    while (last != NULL) {
        void **next = last[0];

        scanned_end_block(last);
        last = next;
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mark_words_reach_what_they_point_to),
        cmocka_unit_test(test_mark_words_past_the_end_is_no_pointer),
        cmocka_unit_test(test_mark_words_last_byte_of_an_odd_size_counts),
        cmocka_unit_test(test_mark_around_reaches_from_the_middle),
        cmocka_unit_test(test_mark_drain_large_block_is_read_whole),
        cmocka_unit_test(test_mark_drain_more_waits_than_the_list_holds),
        cmocka_unit_test(test_mark_drain_long_list_needs_no_stack),
    };

    return cmocka_run_group_tests(tests, scanned_start, NULL);
}
