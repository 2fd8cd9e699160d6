/*
 * test_fence.c - the fence pattern, and every way to damage one.
 */
#include "guard/fence.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#define ROOM 256

static _Alignas(64) unsigned char memory[ROOM];
static uintptr_t base;

static int
setup(void **state)
{
    (void)state;
    fence_set_key(UINT64_C(0x0123456789abcdef), UINT64_C(0x1f2e3d4c5b6a7988));
    base = (uintptr_t)memory;
    memset(memory, 0x11, sizeof(memory));
    return 0;
}

static void
test_fence_byte_is_never_zero_nor_ascii(void **state)
{
    static const uint64_t keys[] = {0, UINT64_MAX, UINT64_C(0x8000000000000001),
                                    UINT64_C(0xdeadbeefcafebabe)};

    (void)state;
    for (size_t k = 0; k < ARRAY_COUNT(keys); k++) {
        fence_set_key(keys[k], ~keys[k]);
        for (uintptr_t at = 0; at < 100000; at++) {
            assert_true((fence_byte(at) & 0x80) != 0);
            assert_true((fence_byte(at) & 0x40) == 0);
        }
    }
}

/* Eight bytes of a fence are no address that a CPU accepts. */
static void
test_fence_word_is_no_address(void **state)
{
    (void)state;
    for (uintptr_t at = 0; at < 80000; at += 8) {
        uint64_t top = fence_word(at) >> 47;

        assert_true(top != 0 && top != 0x1ffff);
    }
}

static void
test_fence_word_differs_by_address_and_key(void **state)
{
    unsigned same = 0;

    (void)state;
    for (uintptr_t at = 0; at < 8000; at += 8) {
        uint64_t word = fence_word(at);

        same += word == fence_word(at + 8);
        same += word == fence_word(at + 16);
        fence_set_key(UINT64_C(0x5555555555555555), 0);
        same += word == fence_word(at);
        (void)setup(state);
    }
    assert_int_equal(same, 0);
}

static void
test_fence_byte_agrees_with_the_word_in_memory(void **state)
{
    (void)state;
    fence_arm(base, base + 64);
    for (size_t i = 0; i < 64; i++)
        assert_int_equal(memory[i], fence_byte(base + i));
}

/* Every beginning, every length: exactly these bytes. */
static void
test_fence_arm_writes_exactly_its_bytes(void **state)
{
    (void)state;
    for (size_t from = 0; from < 64; from++) {
        for (size_t to = 0; to <= 128; to += 8) {
            memset(memory, 0x11, sizeof(memory));
            fence_arm(base + from, base + to);
            for (size_t i = 0; i < sizeof(memory); i++) {
                unsigned char want =
                    i >= from && i < to ? fence_byte(base + i) : 0x11;

                if (memory[i] != want)
                    fail_msg("[%zu, %zu): byte %zu", from, to, i);
            }
        }
    }
}

static void
test_fence_is_intact_after_arm(void **state)
{
    (void)state;
    for (size_t from = 0; from < 64; from++) {
        for (size_t to = 0; to <= 128; to += 8) {
            memset(memory, 0x11, sizeof(memory));
            fence_arm(base + from, base + to);
            assert_true(fence_is_intact(base + from, base + to));
        }
    }
}

/* Each byte in each fence, changed by each single bit. */
static void
test_fence_is_intact_any_bit_changed_is_seen(void **state)
{
    (void)state;
    for (size_t from = 0; from < 24; from++) {
        for (size_t to = (from + 7) / 8 * 8; to <= 64; to += 8) {
            fence_arm(base + from, base + to);
            for (size_t at = from; at < to; at++) {
                for (unsigned bit = 0; bit < 8; bit++) {
                    memory[at] ^= (unsigned char)(1u << bit);
                    assert_false(fence_is_intact(base + from, base + to));
                    memory[at] ^= (unsigned char)(1u << bit);
                }
            }
            assert_true(fence_is_intact(base + from, base + to));
        }
    }
}

/* What a program writes by chance is never the pattern. */
static void
test_fence_is_intact_text_and_zero_are_seen(void **state)
{
    (void)state;
    fence_arm(base, base + 64);
    for (size_t at = 0; at < 64; at++) {
        unsigned char was = memory[at];

        for (unsigned byte = 0; byte < 0x80; byte++) {
            memory[at] = (unsigned char)byte;
            assert_false(fence_is_intact(base, base + 64));
        }
        memory[at] = was;
    }
}

static void
test_fence_is_intact_bytes_beyond_do_not_matter(void **state)
{
    (void)state;
    for (size_t from = 8; from < 32; from++) {
        fence_arm(base + from, base + 64);
        memset(memory, 0x22, from);
        memset(memory + 64, 0x22, sizeof(memory) - 64);
        assert_true(fence_is_intact(base + from, base + 64));
    }
}

/* A fence copied with its block does not fit its new place. */
static void
test_fence_is_intact_copied_fence_is_seen(void **state)
{
    (void)state;
    fence_arm(base, base + 16);
    for (size_t to = 16; to + 16 <= ROOM; to += 16) {
        memcpy(memory + to, memory, 16);
        assert_false(fence_is_intact(base + to, base + to + 16));
    }
}

static void
test_fence_inspect_says_first_last_and_count(void **state)
{
    struct fence_damage damage;

    (void)state;
    for (size_t from = 0; from < 16; from++) {
        for (size_t first = from; first < 64; first++) {
            for (size_t last = first; last < 64; last += 5) {
                size_t count = last == first ? 1 : 2;

                fence_arm(base + from, base + 64);
                memory[first] ^= 0xff;
                if (last != first)
                    memory[last] ^= 0xff;
                assert_true(fence_inspect(base + from, base + 64, &damage));
                assert_int_equal(damage.first, base + first);
                assert_int_equal(damage.last, base + last);
                assert_int_equal(damage.count, count);
            }
        }
    }
}

static void
test_fence_inspect_whole_fence_leaves_the_answer_alone(void **state)
{
    struct fence_damage damage = {1, 2, 3};

    (void)state;
    fence_arm(base + 5, base + 64);
    assert_false(fence_inspect(base + 5, base + 64, &damage));
    assert_false(fence_inspect(base + 64, base + 64, &damage));
    assert_int_equal(damage.first, 1);
    assert_int_equal(damage.last, 2);
    assert_int_equal(damage.count, 3);
}

static void
test_fence_inspect_everything_gone_counts_all(void **state)
{
    struct fence_damage damage;

    (void)state;
    memset(memory, 'A', sizeof(memory));
    assert_true(fence_inspect(base + 3, base + ROOM, &damage));
    assert_int_equal(damage.count, ROOM - 3);
    assert_int_equal(damage.first, base + 3);
    assert_int_equal(damage.last, base + ROOM - 1);
}

#define CASE(name) cmocka_unit_test_setup(name, setup)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_fence_byte_is_never_zero_nor_ascii),
        CASE(test_fence_word_is_no_address),
        CASE(test_fence_word_differs_by_address_and_key),
        CASE(test_fence_byte_agrees_with_the_word_in_memory),
        CASE(test_fence_arm_writes_exactly_its_bytes),
        CASE(test_fence_is_intact_after_arm),
        CASE(test_fence_is_intact_any_bit_changed_is_seen),
        CASE(test_fence_is_intact_text_and_zero_are_seen),
        CASE(test_fence_is_intact_bytes_beyond_do_not_matter),
        CASE(test_fence_is_intact_copied_fence_is_seen),
        CASE(test_fence_inspect_says_first_last_and_count),
        CASE(test_fence_inspect_whole_fence_leaves_the_answer_alone),
        CASE(test_fence_inspect_everything_gone_counts_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
