/*
 * test_guard.c - the fences of blocks in their slots: planned, armed,
 * verified, and shared by neighbours.
 */
#include "guard/guard.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static struct tcache *cache;

static int
start(void **state)
{
    struct heap_layout layout;

    (void)state;
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    guard_start();
    guard_plan(true, &layout);
    heap_start(&layout);
    if (posix_memalign((void **)&cache, 64, sizeof(*cache)) != 0)
        return -1;
    memset(cache, 0, sizeof(*cache));
    tcache_init(cache, 0);
    return 0;
}

static uintptr_t
make(size_t size, size_t align, struct slot *slot, bool *out_whole)
{
    uintptr_t user;

    assert_true(
        heap_alloc(cache, size + heap_layout.tail, align, slot, &user));
    slot->record->offset = (uint16_t)((user - slot->start) / 16);
    heap_set_block_size(slot, size);
    *out_whole = guard_arm(slot, user, size);
    return user;
}

static void
test_guard_plan_follows_the_options(void **state)
{
    struct heap_layout layout;

    (void)state;
    guard_plan(true, &layout);
    assert_true(layout.records);
    assert_int_equal(layout.lead, 16);
    assert_int_equal(layout.tail, 16);
    guard_plan(false, &layout);
    assert_false(layout.records);
    assert_int_equal(layout.lead, 0);
    assert_int_equal(layout.tail, 0);
    assert_int_equal(conf_apply("check-fence=100"), 0);
    guard_plan(true, &layout);
    assert_int_equal(layout.lead, 112);
    assert_int_equal(layout.tail, 112);
    assert_int_equal(conf_apply("no-check-fence"), 0);
    guard_plan(true, &layout);
    assert_true(layout.records);
    assert_int_equal(layout.lead, 0);
    assert_int_equal(layout.tail, 0);
    assert_int_equal(conf_apply("check-fence=16"), 0);
}

static void
test_guard_start_keys_differ(void **state)
{
    uint64_t keys[2] = {fence_keys[0], fence_keys[1]};

    (void)state;
    guard_start();
    assert_int_not_equal(fence_keys[0], keys[0]);
    assert_int_not_equal(fence_keys[1], keys[1]);
    fence_set_key(keys[0], keys[1]);
}

/* Every size: whole after arming, filled to its last byte by the program. */
static void
test_guard_arm_program_may_write_every_byte(void **state)
{
    struct slot slot;
    bool whole;

    (void)state;
    for (size_t size = 0; size < 3000; size++) {
        uintptr_t user = make(size, 16, &slot, &whole);

        assert_true(whole);
        memset((void *)user, 0xff, size);
        assert_true(guard_is_intact(&slot, user, size));
        heap_free(cache, &slot);
    }
}

static const size_t sizes[] = {1,    7,    24,    100,    1000,
                               5000, 32752, 50000, 1000000, 3000000};
static const size_t aligns[] = {16, 64, 4096, 65536, (size_t)1 << 21};

/* Each byte right before and right after each block. */
static void
test_guard_is_intact_any_byte_beside_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(sizes); i++) {
        for (size_t j = 0; j < ARRAY_COUNT(aligns); j++) {
            struct slot slot;
            bool whole;
            uintptr_t user = make(sizes[i], aligns[j], &slot, &whole);
            unsigned char *p = (unsigned char *)user;

            assert_true(whole);
            assert_true(guard_is_intact(&slot, user, sizes[i]));
            for (size_t at = 1; at <= 16; at++) {
                p[sizes[i] + at - 1] ^= 0x20;
                assert_false(guard_is_intact(&slot, user, sizes[i]));
                p[sizes[i] + at - 1] ^= 0x20;
                p[0 - at] ^= 0x20;
                assert_false(guard_is_intact(&slot, user, sizes[i]));
                p[0 - at] ^= 0x20;
            }
            assert_true(guard_is_intact(&slot, user, sizes[i]));
            heap_free(cache, &slot);
        }
    }
}

static void
test_guard_is_intact_last_byte_of_the_slot_is_seen(void **state)
{
    struct slot slot;
    bool whole;
    uintptr_t user = make(2100, 16, &slot, &whole);
    unsigned char *last = (unsigned char *)slot.end - 1;

    (void)state;
    assert_true(slot.end - user > 2100 + 16);
    *last ^= 1;
    assert_false(guard_is_intact(&slot, user, 2100));
    *last ^= 1;
    assert_true(guard_is_intact(&slot, user, 2100));
    heap_free(cache, &slot);
}

/* One fence serves two neighbours. */
static void
test_guard_arm_neighbours_share_the_fence(void **state)
{
    struct slot left, right;
    bool whole;
    uintptr_t a = make(200, 16, &left, &whole);
    uintptr_t b = make(200, 16, &right, &whole);
    unsigned char *between;

    (void)state;
    if (left.span != right.span || right.index != left.index + 1)
        skip();
    between = (unsigned char *)b - 1;
    *between ^= 1;
    assert_false(guard_is_intact(&left, a, 200));
    assert_false(guard_is_intact(&right, b, 200));
    *between ^= 1;
    assert_true(guard_is_intact(&left, a, 200));
    assert_true(guard_is_intact(&right, b, 200));
    heap_free(cache, &left);
    heap_free(cache, &right);
}

/* Something wrote to the end of a free slot. */
static void
test_guard_arm_slot_damaged_while_free_is_told(void **state)
{
    struct slot slot, again;
    bool whole;
    uintptr_t user = make(100, 16, &slot, &whole);

    (void)state;
    assert_true(whole);
    heap_free(cache, &slot);
    *((unsigned char *)slot.end - 3) ^= 1;
    assert_int_equal(make(100, 16, &again, &whole), user);
    assert_false(whole);
    fence_arm(user + 100, again.end);
    heap_free(cache, &again);
}

static void
test_guard_arm_slot_used_again_is_whole(void **state)
{
    struct slot slot;
    bool whole;

    (void)state;
    for (size_t size = 96; size >= 81; size--) {
        uintptr_t user = make(size, 16, &slot, &whole);

        assert_true(whole);
        memset((void *)user, 0xff, size);
        assert_true(guard_is_intact(&slot, user, size));
        heap_free(cache, &slot);
    }
    for (size_t align = 16; align <= 4096; align *= 2) {
        for (int i = 0; i < 20; i++) {
            uintptr_t user = make(90, align, &slot, &whole);

            assert_true(whole);
            memset((void *)user, 0xff, 90);
            assert_true(guard_is_intact(&slot, user, 90));
            heap_free(cache, &slot);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guard_plan_follows_the_options),
        cmocka_unit_test(test_guard_start_keys_differ),
        cmocka_unit_test(test_guard_arm_program_may_write_every_byte),
        cmocka_unit_test(test_guard_is_intact_any_byte_beside_is_seen),
        cmocka_unit_test(test_guard_is_intact_last_byte_of_the_slot_is_seen),
        cmocka_unit_test(test_guard_arm_neighbours_share_the_fence),
        cmocka_unit_test(test_guard_arm_slot_damaged_while_free_is_told),
        cmocka_unit_test(test_guard_arm_slot_used_again_is_whole),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
