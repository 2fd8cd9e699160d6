/*
 * test_quarantine.c - what is held, for how long, and in which order it goes.
 */
#include "guard/quarantine.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "guard/guard.h"

static struct tcache *cache;

static int
start(void **state)
{
    struct heap_layout layout;

    (void)state;
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    guard_plan(true, &layout);
    heap_start(&layout);
    if (posix_memalign((void **)&cache, 64, sizeof(*cache)) != 0)
        return -1;
    memset(cache, 0, sizeof(*cache));
    tcache_init(cache, 0);
    return 0;
}

static uintptr_t
make(size_t size, struct slot *slot)
{
    uintptr_t user;

    assert_true(heap_alloc(cache, size, 16, slot, &user));
    slot->record->offset = (uint16_t)((user - slot->start) / 16);
    return user;
}

/* What left: counted, and the first address kept. */
struct left {
    unsigned count;
    uintptr_t first;
};

static void
add_left(struct left *left, struct quarantine_batch *batch)
{
    struct quarantine_batch *next;

    for (; batch != NULL; batch = next) {
        next = batch->next;
        for (uint32_t i = batch->first; i < batch->count; i++) {
            quarantine_slot held = batch->slots[i];
            struct slot slot;

            if (left->count++ != 0)
                continue;
            heap_slot_at(quarantine_span(held), quarantine_index(held), &slot);
            left->first =
                slot.start + (uintptr_t)slot.record->offset * 16;
        }
        quarantine_give(batch, false);
    }
}

static uintptr_t
hold(struct quarantine_front *front, size_t size, struct left *left,
     bool *out_held)
{
    struct slot slot;
    uintptr_t user = make(size, &slot);

    add_left(left, quarantine_insert(front, &slot, false, out_held));
    return user;
}

static void
empty(struct quarantine_front *front)
{
    struct left left = {0, 0};
    uint64_t blocks, bytes;

    add_left(&left, quarantine_empty(front, false));
    quarantine_totals(&blocks, &bytes);
    assert_int_equal(blocks, 0);
    assert_int_equal(bytes, 0);
}

static void
test_quarantine_insert_count_holds_that_many(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    uintptr_t first = 0;
    bool held = false;

    (void)state;
    assert_int_equal(conf_apply("quarantine=1000"), 0);
    for (int i = 0; i < 3000; i++) {
        uintptr_t user = hold(&front, 40, &left, &held);

        assert_true(held);
        if (i == 0)
            first = user;
        /* Never more than asked for, and its share in the front. */
        assert_true((unsigned)i + 1 - left.count <= 1000 + 1000 / 16 + 1);
    }
    assert_true(3000 - left.count >= 1000 - 1000 / 16 - 1);
    assert_int_equal(left.first, first);
    empty(&front);
}

static void
test_quarantine_insert_bytes_holds_that_many(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    uint64_t blocks, bytes;
    bool held = false;

    (void)state;
    assert_int_equal(conf_apply("quarantine=256k"), 0);
    for (int i = 0; i < 2000; i++)
        (void)hold(&front, 1000, &left, &held);
    quarantine_totals(&blocks, &bytes);
    assert_in_range(bytes, 200 << 10, 256 << 10);
    assert_int_equal(blocks + front.blocks + left.count, 2000);
    empty(&front);
}

static void
test_quarantine_insert_big_blocks_go_first(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    uint64_t blocks, bytes;
    uintptr_t big;
    bool held = false;

    (void)state;
    assert_int_equal(conf_apply("quarantine=1m"), 0);
    for (int i = 0; i < 400; i++)
        (void)hold(&front, 1000, &left, &held);
    assert_int_equal(left.count, 0);
    big = hold(&front, 200000, &left, &held);
    assert_true(held);
    /* Each of these is over what big ones may hold beside full small ones. */
    for (int i = 0; i < 20; i++)
        (void)hold(&front, 200000, &left, &held);
    assert_int_equal(left.first, big);
    quarantine_totals(&blocks, &bytes);
    assert_true(blocks + front.blocks >= 400);
    empty(&front);
}

static void
test_quarantine_insert_huge_block_is_not_held(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    bool held = true;

    (void)state;
    assert_int_equal(conf_apply("quarantine=1m"), 0);
    (void)hold(&front, 900000, &left, &held);
    assert_false(held);
    assert_int_equal(left.count, 0);
}

/* One that costs no memory is held, however large it is. */
static void
test_quarantine_insert_closed_block_counts_little(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    struct slot slot;
    uint64_t blocks, bytes;
    uintptr_t user;
    bool held = false;

    (void)state;
    assert_int_equal(conf_apply("quarantine=1m"), 0);
    user = make((size_t)64 << 20, &slot);
    assert_true(heap_shield(cache, &slot));
    add_left(&left, quarantine_insert(&front, &slot, false, &held));
    assert_true(held);
    quarantine_totals(&blocks, &bytes);
    assert_int_equal(blocks, 1);
    assert_in_range(bytes, 1, 200 << 10);
    empty(&front);
    assert_true(heap_unshield(&slot));
    memset((void *)user, 1, 4096);
}

static void
test_quarantine_hand_over_moves_the_front(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    uint64_t blocks, bytes;
    bool held = false;

    (void)state;
    assert_int_equal(conf_apply("quarantine=1m"), 0);
    (void)hold(&front, 40, &left, &held);
    quarantine_totals(&blocks, &bytes);
    assert_int_equal(blocks, 0);
    add_left(&left, quarantine_hand_over(&front, false));
    quarantine_totals(&blocks, &bytes);
    assert_int_equal(blocks, 1);
    assert_int_equal(front.blocks, 0);
    assert_int_equal(left.count, 0);
    empty(&front);
}

/* A call that interrupted the holder of the lock does not wait: what is full
 * leaves instead. */
static void
test_quarantine_insert_nested_does_not_wait(void **state)
{
    struct quarantine_front front = {0};
    struct left left = {0, 0};
    bool held = true;

    (void)state;
    assert_int_equal(conf_apply("quarantine=16"), 0);
    (void)hold(&front, 40, &left, &held);
    assert_true(held);
    quarantine_freeze();
    for (int i = 0; i < 100; i++) {
        struct slot slot;
        struct quarantine_batch *batch;

        (void)make(40, &slot); /* what is held is its slot */
        batch = quarantine_insert(&front, &slot, true, &held);

        if (!held || batch != NULL) {
            left.count++;
            break;
        }
    }
    quarantine_thaw();
    assert_int_equal(left.count, 1);
    empty(&front);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quarantine_insert_count_holds_that_many),
        cmocka_unit_test(test_quarantine_insert_bytes_holds_that_many),
        cmocka_unit_test(test_quarantine_insert_big_blocks_go_first),
        cmocka_unit_test(test_quarantine_insert_huge_block_is_not_held),
        cmocka_unit_test(test_quarantine_insert_closed_block_counts_little),
        cmocka_unit_test(test_quarantine_hand_over_moves_the_front),
        cmocka_unit_test(test_quarantine_insert_nested_does_not_wait),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
