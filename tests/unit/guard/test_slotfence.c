/*
 * test_slotfence.c - the fences of an ordinary slot: as fence.h says they are,
 * and no byte of damage unseen.
 */
#include "guard/guard.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "base/hash.h"

#define LEAD SLOTFENCE_BYTES
#define ROOM 4096

static _Alignas(64) unsigned char memory[ROOM];
static uintptr_t base; /* of the first slot */

static int
setup(void **state)
{
    (void)state;
    fence_set_key(hash_u64(1), hash_u64(2));
    base = (uintptr_t)memory + LEAD;
    memset(memory, 0x11, sizeof(memory));
    return 0;
}

/* Every size in slots of every length that there is: what is armed is what
 * fence_is_intact takes for whole, and the program's bytes are as they were. */
static void
test_slotfence_arm_writes_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t slot = 32; slot <= 512; slot += 16) {
        for (size_t size = 1; size + SLOTFENCE_BYTES <= slot; size++) {
            memset(memory, 0x11, sizeof(memory));
            assert_true(slotfence_arm(base, 0, true, base + size, base + slot));
            assert_true(fence_is_intact(base - LEAD, base));
            assert_true(fence_is_intact(base + size, base + slot));
            for (size_t i = 0; i < size; i++)
                assert_int_equal(memory[LEAD + i], 0x11);
            assert_int_equal(memory[LEAD + slot], 0x11);
        }
    }
}

/* A slot that was had before has the pattern at its end, and no more is written
 * than lies before that. */
static void
test_slotfence_arm_again_sees_late_damage(void **state)
{
    (void)state;
    assert_true(slotfence_arm(base, 0, true, base + 40, base + 64));
    memset((void *)base, 0x22, 48);
    assert_true(slotfence_arm(base, 0, false, base + 21, base + 64));
    assert_true(fence_is_intact(base + 21, base + 64));
    for (size_t i = 48; i < 64; i++) {
        memory[LEAD + i] ^= 4;
        assert_false(slotfence_arm(base, 0, false, base + 21, base + 64));
        memory[LEAD + i] ^= 4;
    }
}

/* Two slots, blocks of all sizes in both: each bit of what neither is used for,
 * from the end of the first on, is watched, and no other. */
static void
check_pair(size_t slot, size_t left, size_t size)
{
    uintptr_t start = base + slot, end = start + slot;
    uintptr_t from = base + left;

    memset(memory, 0x11, sizeof(memory));
    (void)slotfence_arm(base, 0, true, from, start);
    (void)slotfence_arm(start, 1, true, start + size, end);
    assert_true(slotfence_is_intact(from, start, start + size, end, true));
    for (uintptr_t at = base; at < end + 16; at++) {
        bool is_watched =
            (at >= from && at < start) || (at >= start + size && at < end);
        uint8_t bit = (uint8_t)(1 << (at % 8));

        *(uint8_t *)at ^= bit;
        assert_int_equal(
            slotfence_is_intact(from, start, start + size, end, true),
            !is_watched);
        *(uint8_t *)at ^= bit;
    }
}

static void
test_slotfence_is_intact_watches_all_that_is_not_used(void **state)
{
    (void)state;
    for (size_t slot = 32; slot <= 96; slot += 16) {
        for (size_t left = 1; left + SLOTFENCE_BYTES <= slot; left++) {
            for (size_t size = 1; size + SLOTFENCE_BYTES <= slot; size++)
                check_pair(slot, left, size);
        }
    }
    /* More is left over than two vectors. */
    check_pair(512, 300, 17);
    check_pair(512, 17, 496);
    check_pair(512, 1, 1);
}

/* The first slot of a span has nothing before its lead. */
static void
test_slotfence_is_intact_first_slot_reads_its_lead_alone(void **state)
{
    (void)state;
    assert_true(slotfence_arm(base, 0, true, base + 5, base + 32));
    assert_true(
        slotfence_is_intact(base - 16, base, base + 5, base + 32, false));
    for (size_t i = 0; i < LEAD; i++) {
        memory[i] ^= 0x20;
        assert_false(
            slotfence_is_intact(base - 16, base, base + 5, base + 32, false));
        memory[i] ^= 0x20;
    }
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_slotfence_arm_writes_exactly_its_bytes),
        CASE(test_slotfence_arm_again_sees_late_damage),
        CASE(test_slotfence_is_intact_watches_all_that_is_not_used),
        CASE(test_slotfence_is_intact_first_slot_reads_its_lead_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
