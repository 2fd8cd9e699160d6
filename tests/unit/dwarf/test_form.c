/*
 * test_form.c - values of attributes.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#define TEXTS "\0first\0second"

static const unsigned char addresses[] = {0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
                                          0xaa, 0xaa, 0x10, 0x20, 0,    0,
                                          0,    0,    0,    0};
static const unsigned char str_offsets[] = {9, 9, 9, 9, 7, 0, 0, 0};

static const struct form_sections sections = {
    .str = {.bytes = (const unsigned char *)TEXTS, .size = sizeof TEXTS},
    .line_str = {.bytes = (const unsigned char *)TEXTS, .size = sizeof TEXTS},
    .addr = {.bytes = addresses, .size = sizeof addresses},
    .str_offsets = {.bytes = str_offsets, .size = sizeof str_offsets}};
static const struct form_unit unit = {.sections = &sections,
                                      .version = 5,
                                      .address_size = 8,
                                      .str_offsets_base = 4,
                                      .addr_base = 8};

static struct form_value
read_form(uint64_t form, const unsigned char *bytes, size_t n, bool *out_failed)
{
    struct cursor c = cursor_of(bytes, n, 0);
    struct form_value value = {.form = 0};

    form_read(&c, form, -5, &unit, &value);
    *out_failed = c.failed || c.at != c.end;
    return value;
}

#define READ(form, ...)                                                        \
    read_form((form), (const unsigned char[]){__VA_ARGS__},                    \
              sizeof((const unsigned char[]){__VA_ARGS__}), &failed)

static void
test_form_read_sizes_are_exact(void **state)
{
    bool failed;

    (void)state;
    assert_int_equal(READ(0x0b, 7).number, 7); /* data1 */
    assert_false(failed);
    assert_int_equal(READ(0x05, 1, 2).number, 0x201); /* data2 */
    assert_false(failed);
    assert_int_equal(READ(0x27, 1, 2, 3).number, 0x30201); /* strx3 */
    assert_false(failed);
    assert_int_equal(READ(0x17, 1, 0, 0, 0).number, 1); /* sec_offset */
    assert_false(failed);
    assert_int_equal(READ(0x0a, 2, 8, 9).number, 2); /* block1 */
    assert_false(failed);
    assert_int_equal(READ(0x08, 'x', 0).bytes[0], 'x'); /* string */
    assert_false(failed);
    assert_int_equal(READ(0x16, 0x0b, 4).form, 0x0b); /* indirect */
    assert_false(failed);
    (void)READ(0x1e, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    assert_false(failed);
}

static void
test_form_read_unknown_and_cut_fail(void **state)
{
    bool failed;

    (void)state;
    (void)READ(0x7777, 1);
    assert_true(failed);
    (void)READ(0x07, 1, 2, 3);
    assert_true(failed);
    (void)READ(0x0a, 9, 1);
    assert_true(failed);
    (void)READ(0x16, 0x16, 0x0b, 1); /* indirect in indirect */
    assert_true(failed);
}

static void
test_form_text_from_each_section(void **state)
{
    bool failed;
    struct form_value value = READ(0x0e, 1, 0, 0, 0); /* strp */

    (void)state;
    assert_string_equal(form_text(&value, &unit), "first");
    value = READ(0x1f, 7, 0, 0, 0); /* line_strp */
    assert_string_equal(form_text(&value, &unit), "second");
    value = READ(0x25, 0); /* strx1 */
    assert_string_equal(form_text(&value, &unit), "second");
    value = READ(0x25, 1); /* past the table */
    assert_null(form_text(&value, &unit));
    value = READ(0x0e, 99, 0, 0, 0);
    assert_null(form_text(&value, &unit));
    value = READ(0x1d, 1, 0, 0, 0); /* strp_sup, without that file */
    assert_null(form_text(&value, &unit));
    value = READ(0x0b, 1);
    assert_null(form_text(&value, &unit));
}

static void
test_form_address_direct_and_by_index(void **state)
{
    bool failed;
    uint64_t addr = 5;
    struct form_value value = READ(0x1b, 0); /* addrx */

    (void)state;
    assert_true(form_address(&value, &unit, &addr));
    assert_int_equal(addr, 0x2010);
    value = READ(0x29, 1);
    addr = 5;
    assert_false(form_address(&value, &unit, &addr));
    assert_int_equal(addr, 5);
    value = READ(0x01, 1, 0, 0, 0, 0, 0, 0, 0);
    assert_true(form_address(&value, &unit, &addr));
    assert_int_equal(addr, 1);
}

static void
test_form_number_and_reference_know_their_kind(void **state)
{
    bool failed;
    bool is_alt;
    uint64_t n = 0;
    struct cursor none = cursor_of("", 0, 0);
    struct form_value value = READ(0x13, 0x10, 0, 0, 0); /* ref4 */

    (void)state;
    assert_false(form_number(&value, &n));
    assert_true(form_reference(&value, 0x100, &n, &is_alt));
    assert_int_equal(n, 0x110);
    assert_false(is_alt);
    value = READ(0x10, 0x10, 0, 0, 0); /* ref_addr */
    assert_true(form_reference(&value, 0x100, &n, &is_alt));
    assert_int_equal(n, 0x10);
    value = READ(0x1f20, 0x20, 0, 0, 0); /* GNU_ref_alt */
    assert_true(form_reference(&value, 0x100, &n, &is_alt));
    assert_true(is_alt);
    value = READ(0x20, 0, 0, 0, 0, 0, 0, 0, 0); /* ref_sig8 */
    assert_false(form_reference(&value, 0x100, &n, &is_alt));
    form_read(&none, FORM_IMPLICIT_CONST, -5, &unit, &value);
    assert_true(form_number(&value, &n));
    assert_true((int64_t)n == -5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form_read_sizes_are_exact),
        cmocka_unit_test(test_form_read_unknown_and_cut_fail),
        cmocka_unit_test(test_form_text_from_each_section),
        cmocka_unit_test(test_form_address_direct_and_by_index),
        cmocka_unit_test(test_form_number_and_reference_know_their_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
