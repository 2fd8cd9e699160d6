/*
 * test_hash.c - hashing of words and bytes.
 */
#include "base/hash.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static void
test_hash_u64_known_words_give_published_values(void **state)
{
    (void)state;
    /* SplitMix64 seeded with 0 and 1: its first outputs are the finaliser of
     * the golden ratio, and of that plus one. */
    assert_true(hash_u64(UINT64_C(0x9e3779b97f4a7c15)) ==
                UINT64_C(0xe220a8397b1dcdaf));
    assert_true(hash_u64(UINT64_C(0x9e3779b97f4a7c16)) ==
                UINT64_C(0x910a2dec89025cc1));
    assert_true(hash_u64(0) == 0);
}

static void
test_hash_add_other_order_differs(void **state)
{
    uint64_t ab = hash_add(hash_add(0, 1), 2);
    uint64_t ba = hash_add(hash_add(0, 2), 1);

    (void)state;
    assert_true(ab != ba);
    assert_true(ab == hash_add(hash_add(0, 1), 2));
}

static void
test_hash_bytes_one_bit_changes_half(void **state)
{
    unsigned char bytes[32] = {0};
    uint64_t plain = hash_bytes(bytes, sizeof(bytes));
    int changed = 0;

    (void)state;
    for (int i = 0; i < 256; i++) {
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
        changed += __builtin_popcountll(plain ^ hash_bytes(bytes, 32));
        bytes[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    assert_in_range(changed, 256 * 28, 256 * 36);
}

static void
test_hash_bytes_length_and_content_matter(void **state)
{
    (void)state;
    assert_true(hash_bytes("", 0) == hash_bytes("x", 0));
    assert_true(hash_bytes("\0", 1) != hash_bytes("\0\0", 2));
    assert_true(hash_bytes("ab", 2) != hash_bytes("ba", 2));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_u64_known_words_give_published_values),
        cmocka_unit_test(test_hash_add_other_order_differs),
        cmocka_unit_test(test_hash_bytes_one_bit_changes_half),
        cmocka_unit_test(test_hash_bytes_length_and_content_matter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
