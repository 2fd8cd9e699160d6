/*
 * test_shadow.c - a word per slot: which blocks it knows, and their places.
 */
#include "scanned.h"

#define BLOCKS 500

static void *blocks[BLOCKS];
static unsigned visits[BLOCKS];

static size_t
size_of(size_t i)
{
    return i % 50 == 49 ? i * 9000 : i * 7 % 900;
}

static void
count_visit(const struct shadow_block *block)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        if ((uintptr_t)blocks[i] != block->addr)
            continue;
        assert_int_equal(block->size, size_of(i));
        visits[i]++;
    }
}

static void
test_shadow_make_knows_what_is_live(void **state)
{
    struct span *span = NULL;
    uint32_t index = 0;
    uint32_t number = 0;

    (void)state;
    for (size_t i = 0; i < BLOCKS; i++) {
        blocks[i] = track_alloc(size_of(i), i % 3 == 0 ? 256 : 0, false,
                                ORIGIN_MALLOC, NULL);
        assert_non_null(blocks[i]);
        visits[i] = 0;
    }
    for (size_t i = 0; i < BLOCKS; i += 5)
        scanned_end_block(blocks[i]);
    scanned_begin();
    shadow_each(SHADOW_LIVE, 0, count_visit);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 5 == 0)
            continue; /* its slot may be another block's by now, or none's */
        assert_int_equal(visits[i], 1);
        assert_true(
            shadow_number((uintptr_t)blocks[i], &span, &index, &number));
        assert_int_equal(shadow_user(span, index, shadow_now.words[number]),
                         (uintptr_t)blocks[i]);
        assert_int_equal(shadow_size(span, index), size_of(i));
        assert_in_range((uintptr_t)blocks[i], shadow_now.low, shadow_now.high);
    }
    scanned_over();
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 5 != 0)
            scanned_end_block(blocks[i]);
    }
}

static unsigned freed_seen;

static void
count_freed(const struct shadow_block *block)
{
    freed_seen += block->addr == (uintptr_t)blocks[0];
}

static void
test_shadow_make_freed_block_is_not_there(void **state)
{
    (void)state;
    blocks[0] = scanned_make(4);
    scanned_end_block(blocks[0]);
    freed_seen = 0;
    scanned_begin();
    shadow_each(SHADOW_LIVE, 0, count_freed);
    scanned_over();
    assert_int_equal(freed_seen, 0);
}

static void
test_shadow_number_outside_the_heap_is_none(void **state)
{
    struct span *span;
    uint32_t index;
    uint32_t number;

    (void)state;
    scanned_begin();
    assert_false(shadow_number((uintptr_t)&span, &span, &index, &number));
    assert_false(shadow_number(0, &span, &index, &number));
    assert_false(shadow_number(UINTPTR_MAX, &span, &index, &number));
    scanned_over();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shadow_make_knows_what_is_live),
        cmocka_unit_test(test_shadow_make_freed_block_is_not_there),
        cmocka_unit_test(test_shadow_number_outside_the_heap_is_none),
    };

    return cmocka_run_group_tests(tests, scanned_start, NULL);
}
