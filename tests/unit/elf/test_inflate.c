/*
 * test_inflate.c - zlib streams with each kind of block, whole and damaged.
 */
#include "elf/elf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The squares of 0 to 119, a comma behind each. */
static const unsigned char dynamic[] = {
    0x78, 0xda, 0x25, 0x91, 0xc9, 0x01, 0xc4, 0x30, 0x08, 0x03, 0x1b, 0xe2,
    0x61, 0x0e, 0x83, 0xe9, 0xbf, 0xb1, 0x1d, 0x65, 0x5f, 0x26, 0x41, 0xc0,
    0x20, 0x8e, 0xb9, 0x95, 0xad, 0x79, 0x5b, 0x5c, 0xcb, 0xb6, 0x5a, 0xeb,
    0xb2, 0xe7, 0xe6, 0xe7, 0x98, 0x07, 0x6f, 0x15, 0x59, 0x14, 0x8b, 0x04,
    0x4d, 0x5c, 0xde, 0xb7, 0x96, 0x51, 0xe8, 0xa9, 0x46, 0x57, 0xc5, 0xfb,
    0xca, 0x6e, 0xac, 0xdd, 0x69, 0x6b, 0x74, 0xcd, 0x3b, 0x7c, 0x0f, 0xff,
    0x1f, 0xf9, 0x45, 0xb7, 0xad, 0xbe, 0x14, 0xfa, 0xa1, 0x83, 0x3b, 0xad,
    0x5c, 0x3d, 0x3d, 0x68, 0xee, 0xa9, 0x29, 0xa5, 0x71, 0x57, 0x73, 0x5b,
    0x00, 0x2d, 0x92, 0x81, 0xc8, 0x5f, 0x89, 0x01, 0xc2, 0x38, 0xa2, 0x70,
    0x11, 0xc7, 0x59, 0x8b, 0x3c, 0x65, 0x51, 0xc7, 0x21, 0xa3, 0x22, 0x5a,
    0xd1, 0xe8, 0xdf, 0x53, 0x76, 0xd1, 0xa5, 0x2a, 0x92, 0xfe, 0x82, 0x86,
    0x3c, 0xe9, 0x97, 0x45, 0xe7, 0xd4, 0x8c, 0x1c, 0xa6, 0xe5, 0x63, 0x6e,
    0x2e, 0x04, 0x75, 0x60, 0x29, 0x51, 0x55, 0xc2, 0x57, 0x05, 0x69, 0x35,
    0xcc, 0x35, 0xda, 0x56, 0x6b, 0xdc, 0xc3, 0x3e, 0xd7, 0xb5, 0x70, 0x6a,
    0x63, 0x32, 0x76, 0xb5, 0xf3, 0x1d, 0x45, 0xcb, 0xbf, 0x3e, 0x64, 0xa9,
    0x72, 0xdc, 0xa4, 0xa2, 0x2f, 0xb5, 0x3d, 0x74, 0xe9, 0x47, 0xbf, 0x39,
    0x57, 0xe6, 0x50, 0x31, 0xcc, 0xb4, 0xb9, 0xcc, 0x9d, 0x81, 0x60, 0x16,
    0x96, 0x27, 0xeb, 0x5f, 0xc0, 0xf7, 0x4a, 0xb7, 0x68, 0x98, 0xdf, 0x83,
    0x7e, 0xb5, 0x07, 0x0a, 0x22, 0x28, 0x71, 0x93, 0x2d, 0xf7, 0x9d, 0xef,
    0x56, 0x32, 0xeb, 0xc4, 0x17, 0xd7, 0x91, 0xc1, 0x8d, 0x02, 0x9b, 0x11,
    0xbb, 0xab, 0xce, 0x3d, 0x52, 0x71, 0xc9, 0x47, 0x6f, 0x59, 0xea, 0x4f,
    0xee, 0xc6, 0xff, 0xd2, 0x29, 0xcf, 0xe3, 0xca, 0xfe, 0x18, 0x5d, 0x22,
    0xf6, 0x3b, 0xca, 0x77, 0x9f, 0xac, 0xfb, 0x1d, 0x48, 0x57, 0xcb, 0xd5,
    0x01, 0xcb, 0xd9, 0xe8, 0x07, 0x4a, 0xfa, 0x70, 0xb0};

static const unsigned char fixed[] = {0x78, 0x01, 0x4b, 0x4c, 0x4a, 0x4e, 0x44,
                                      0x45, 0x00, 0x41, 0x7c, 0x06, 0xe5};

static const unsigned char stored[] = {0x78, 0x01, 0x01, 0x06, 0x00, 0xf9,
                                       0xff, 0x73, 0x74, 0x6f, 0x72, 0x65,
                                       0x64, 0x09, 0x3c, 0x02, 0x92};

static size_t
make_text(char *text, size_t size)
{
    size_t n = 0;

    for (int i = 0; i < 120; i++)
        n += (size_t)snprintf(text + n, size - n, "%d,", i * i);
    return n;
}

static void
test_inflate_bytes_dynamic_codes_expand(void **state)
{
    char wanted[1024];
    char target[1024];
    size_t n = make_text(wanted, sizeof wanted);

    (void)state;
    assert_int_equal(inflate_bytes(dynamic, sizeof dynamic, target, n), 0);
    assert_memory_equal(target, wanted, n);
}

static void
test_inflate_bytes_fixed_codes_expand(void **state)
{
    char target[18];

    (void)state;
    assert_int_equal(inflate_bytes(fixed, sizeof fixed, target, 18), 0);
    assert_memory_equal(target, "abcabcabcabcabcabc", 18);
}

static void
test_inflate_bytes_stored_block_expands(void **state)
{
    char target[6];

    (void)state;
    assert_int_equal(inflate_bytes(stored, sizeof stored, target, 6), 0);
    assert_memory_equal(target, "stored", 6);
}

static void
test_inflate_bytes_other_size_refused(void **state)
{
    char target[64];

    (void)state;
    assert_int_equal(inflate_bytes(fixed, sizeof fixed, target, 17), -EINVAL);
    assert_int_equal(inflate_bytes(fixed, sizeof fixed, target, 19), -EINVAL);
}

static void
test_inflate_bytes_cut_anywhere_refused(void **state)
{
    char target[1024];
    size_t n = make_text(target, sizeof target);

    (void)state;
    for (size_t cut = 0; cut < sizeof dynamic; cut++)
        assert_int_equal(inflate_bytes(dynamic, cut, target, n), -EINVAL);
}

static void
test_inflate_bytes_any_bit_wrong_never_gives_other_bytes(void **state)
{
    unsigned char bytes[sizeof dynamic];
    char wanted[1024];
    char target[1024];
    size_t n = make_text(wanted, sizeof wanted);
    unsigned refused = 0;

    (void)state;
    for (size_t bit = 16; bit < 8 * sizeof dynamic; bit++) {
        memcpy(bytes, dynamic, sizeof bytes);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        if (inflate_bytes(bytes, sizeof bytes, target, n) != 0)
            refused++;
        else /* A code that is not used, or the padding before the sum. */
            assert_memory_equal(target, wanted, n);
    }
    assert_true(refused > 7 * sizeof dynamic);
}

static void
test_inflate_upto_any_steps_give_the_same_bytes(void **state)
{
    char wanted[1024];
    size_t n = make_text(wanted, sizeof wanted);

    (void)state;
    for (size_t step = 1; step < n + 2; step += step < 40 ? 1 : 97) {
        char target[1024] = {0};
        struct inflate stream;

        assert_int_equal(
            inflate_begin(&stream, dynamic, sizeof dynamic, target, n), 0);
        for (size_t upto = 0; !stream.is_whole; upto += step) {
            assert_int_equal(inflate_upto(&stream, upto), 0);
            assert_true(stream.done >= (upto < n ? upto : n));
            assert_memory_equal(target, wanted, stream.done);
        }
        assert_int_equal(stream.done, n);
    }
}

static void
test_inflate_upto_part_of_a_long_stream_stops_there(void **state)
{
    char target[1024];
    struct inflate stream;
    size_t n = make_text(target, sizeof target);

    (void)state;
    memset(target, 0, sizeof target);
    assert_int_equal(inflate_begin(&stream, dynamic, sizeof dynamic, target, n),
                     0);
    assert_int_equal(inflate_upto(&stream, 10), 0);
    /* A copy of 258 bytes is the longest step. */
    assert_in_range(stream.done, 10, 10 + 258);
    assert_false(stream.is_whole);
    assert_int_equal(target[stream.done + 8], 0);
}

static void
test_inflate_upto_damage_behind_is_found_when_reached(void **state)
{
    unsigned char bytes[sizeof dynamic];
    char wanted[1024];
    char target[1024];
    struct inflate stream;
    size_t n = make_text(wanted, sizeof wanted);

    (void)state;
    memcpy(bytes, dynamic, sizeof bytes);
    bytes[sizeof bytes - 1] ^= 1; /* of the checksum */
    assert_int_equal(inflate_begin(&stream, bytes, sizeof bytes, target, n), 0);
    assert_int_equal(inflate_upto(&stream, n / 2), 0);
    assert_memory_equal(target, wanted, stream.done);
    assert_int_equal(inflate_upto(&stream, n), -EINVAL);
    assert_int_equal(inflate_upto(&stream, 1), -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inflate_bytes_dynamic_codes_expand),
        cmocka_unit_test(test_inflate_bytes_fixed_codes_expand),
        cmocka_unit_test(test_inflate_bytes_stored_block_expands),
        cmocka_unit_test(test_inflate_bytes_other_size_refused),
        cmocka_unit_test(test_inflate_bytes_cut_anywhere_refused),
        cmocka_unit_test(test_inflate_upto_any_steps_give_the_same_bytes),
        cmocka_unit_test(test_inflate_upto_part_of_a_long_stream_stops_there),
        cmocka_unit_test(test_inflate_upto_damage_behind_is_found_when_reached),
        cmocka_unit_test(
            test_inflate_bytes_any_bit_wrong_never_gives_other_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
