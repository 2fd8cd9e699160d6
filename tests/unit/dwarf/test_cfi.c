/*
 * test_cfi.c - call frame instructions, as compilers write them.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

/* The common part of x86-64: CFA = rsp + 8, return address at CFA - 8. */
static const unsigned char common[] = {0x0c, 7, 8, 0x90, 1, 0, 0};

static struct frame_entry
entry_of(const unsigned char *bytes, size_t n)
{
    return (struct frame_entry){
        .start = 0x1000,
        .end = 0x1100,
        .code_align = 1,
        .data_align = -8,
        .return_register = 16,
        .common = {.bytes = common, .size = sizeof common},
        .instructions = {.bytes = bytes, .size = n}};
}

/* push rbp at 0; mov rsp,rbp at 1; leave at 0x40. */
static const unsigned char with_frame[] = {
    0x41, 0x0e, 16, 0x86, 2,       /* advance 1; CFA offset 16; rbp at -16 */
    0x43, 0x0d, 6,                 /* advance 3; CFA register rbp */
    0x02, 0x3c,                    /* advance 0x3c */
    0x0a, 0x0c, 7, 8, 0xc6,        /* remember; CFA rsp+8; restore rbp */
    0x41, 0x0b};                   /* advance 1; restore */

static void
test_cfi_row_at_each_place_has_its_rules(void **state)
{
    struct frame_entry entry = entry_of(with_frame, sizeof with_frame);
    struct cfi_row row;

    (void)state;
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), 0);
    assert_int_equal(row.cfa_register, 7);
    assert_int_equal(row.cfa_offset, 8);
    assert_int_equal(row.rules[6].kind, CFI_UNSPECIFIED);
    assert_int_equal(row.rules[16].kind, CFI_OFFSET);
    assert_int_equal(row.rules[16].u.offset, -8);
    assert_int_equal(row.start, 0x1000);
    assert_int_equal(row.end, 0x1001);

    assert_int_equal(cfi_row_at(&entry, 0x1001, &row), 0);
    assert_int_equal(row.cfa_offset, 16);
    assert_int_equal(row.rules[6].kind, CFI_OFFSET);
    assert_int_equal(row.rules[6].u.offset, -16);

    assert_int_equal(cfi_row_at(&entry, 0x1020, &row), 0);
    assert_int_equal(row.cfa_register, 6);
    assert_int_equal(row.cfa_offset, 16);
    assert_int_equal(row.start, 0x1004);
    assert_int_equal(row.end, 0x1040);
}

static void
test_cfi_row_at_remembered_state_comes_back(void **state)
{
    struct frame_entry entry = entry_of(with_frame, sizeof with_frame);
    struct cfi_row row;

    (void)state;
    assert_int_equal(cfi_row_at(&entry, 0x1040, &row), 0);
    assert_int_equal(row.cfa_register, 7);
    assert_int_equal(row.cfa_offset, 8);
    assert_int_equal(row.rules[6].kind, CFI_UNSPECIFIED);
    assert_int_equal(cfi_row_at(&entry, 0x10ff, &row), 0);
    assert_int_equal(row.cfa_register, 6);
    assert_int_equal(row.rules[6].kind, CFI_OFFSET);
    assert_int_equal(row.start, 0x1041);
    assert_int_equal(row.end, 0x1100);
}

static void
test_cfi_row_at_expressions_are_given_as_bytes(void **state)
{
    /* CFA by expression; rbx (3) at one; rbp's value by one. */
    static const unsigned char bytes[] = {0x0f, 2, 0x77, 8, 0x10, 3, 2, 0x76,
                                          0x7c, 0x16, 6, 1, 0x31};
    struct frame_entry entry = entry_of(bytes, sizeof bytes);
    struct cfi_row row;

    (void)state;
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), 0);
    assert_true(row.cfa_is_expression);
    assert_int_equal(row.cfa_bytes.size, 2);
    assert_ptr_equal(row.cfa_bytes.bytes, bytes + 2);
    assert_int_equal(row.rules[3].kind, CFI_EXPRESSION);
    assert_int_equal(row.rules[3].size, 2);
    assert_ptr_equal(row.rules[3].u.bytes, bytes + 7);
    assert_int_equal(row.rules[6].kind, CFI_VAL_EXPRESSION);
}

static void
test_cfi_row_at_other_rules(void **state)
{
    static const unsigned char bytes[] = {0x07, 16, 0x08, 3, 0x09, 6, 12,
                                          0x14, 12, 2, 0x11, 13, 0x7f,
                                          0x2e, 8};
    struct frame_entry entry = entry_of(bytes, sizeof bytes);
    struct cfi_row row;

    (void)state;
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), 0);
    assert_int_equal(row.rules[16].kind, CFI_UNDEFINED);
    assert_int_equal(row.rules[3].kind, CFI_SAME);
    assert_int_equal(row.rules[6].kind, CFI_REGISTER);
    assert_int_equal(row.rules[6].u.offset, 12);
    assert_int_equal(row.rules[12].kind, CFI_VAL_OFFSET);
    assert_int_equal(row.rules[12].u.offset, -16);
    assert_int_equal(row.rules[13].u.offset, 8);
}

static void
test_cfi_row_at_signed_return_address_toggles(void **state)
{
    static const unsigned char bytes[] = {0x41, 0x2d, 0x41, 0x2d};
    struct frame_entry entry = entry_of(bytes, sizeof bytes);
    struct cfi_row row;

    (void)state;
    assert_int_equal(cfi_row_at(&entry, 0x1001, &row), 0);
    assert_true(row.is_ra_signed);
    assert_int_equal(cfi_row_at(&entry, 0x1002, &row), 0);
    assert_false(row.is_ra_signed);
}

static void
test_cfi_row_at_malformed_refused(void **state)
{
    static const unsigned char restore_nothing[] = {0x0b};
    static const unsigned char cut[] = {0x0c, 7};
    static const unsigned char unknown[] = {0x3f};
    static const unsigned char deep[] = {0x0a, 0x0a, 0x0a, 0x0a, 0x0a};
    static const unsigned char huge_block[] = {0x0f, 0xff, 0xff, 0x7f};
    struct frame_entry entry = entry_of(restore_nothing, 1);
    struct cfi_row row;

    (void)state;
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), -EINVAL);
    entry = entry_of(cut, sizeof cut);
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), -EINVAL);
    entry = entry_of(unknown, sizeof unknown);
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), -ENOTSUP);
    entry = entry_of(deep, sizeof deep);
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), -ENOTSUP);
    entry = entry_of(huge_block, sizeof huge_block);
    assert_int_equal(cfi_row_at(&entry, 0x1000, &row), -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cfi_row_at_each_place_has_its_rules),
        cmocka_unit_test(test_cfi_row_at_remembered_state_comes_back),
        cmocka_unit_test(test_cfi_row_at_expressions_are_given_as_bytes),
        cmocka_unit_test(test_cfi_row_at_other_rules),
        cmocka_unit_test(test_cfi_row_at_signed_return_address_toggles),
        cmocka_unit_test(test_cfi_row_at_malformed_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
