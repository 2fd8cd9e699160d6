/*
 * test_range.c - the pieces of code of an entry, in each form of list.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

struct pieces {
    uint64_t low[8];
    uint64_t high[8];
    unsigned count;
};

static bool
keep(uint64_t low, uint64_t high, void *context)
{
    struct pieces *pieces = context;

    assert_true(pieces->count < 8);
    pieces->low[pieces->count] = low;
    pieces->high[pieces->count++] = high;
    return true;
}

static struct info_entry
entry_with(uint16_t form, uint64_t number)
{
    struct info_entry entry = {.present = UINT32_C(1) << INFO_RANGES};

    entry.attrs[INFO_RANGES] =
        (struct form_value){.form = form, .number = number};
    return entry;
}

#define WORD(n) (n) & 255, (n) >> 8 & 255, 0, 0, 0, 0, 0, 0

static void
test_range_each_old_list_with_bases(void **state)
{
    static const unsigned char list[] = {
        WORD(0x10), WORD(0x20),                                /* base 0x1000 */
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, WORD(0x4000),
        WORD(0x1), WORD(0x8), WORD(0x30), WORD(0x30), WORD(0), WORD(0)};
    struct form_sections sections = {
        .ranges = {.bytes = list, .size = sizeof list}};
    struct info_unit unit = {
        .form = {.sections = &sections, .version = 4, .address_size = 8},
        .low_pc = 0x1000};
    struct info_entry entry = entry_with(FORM_SEC_OFFSET, 0);
    struct pieces pieces = {.count = 0};

    (void)state;
    assert_int_equal(range_each(&unit, &entry, keep, &pieces), 0);
    assert_int_equal(pieces.count, 2);
    assert_int_equal(pieces.low[0], 0x1010);
    assert_int_equal(pieces.high[0], 0x1020);
    assert_int_equal(pieces.low[1], 0x4001);
    assert_int_equal(pieces.high[1], 0x4008);
    assert_true(range_has(&unit, &entry, 0x4007));
    assert_false(range_has(&unit, &entry, 0x4008));
    sections.ranges.size -= 16; /* its end is missing */
    assert_int_equal(range_each(&unit, &entry, keep, &pieces), -EINVAL);
}

/* A table of one offset, then a list with each kind of entry. */
static const unsigned char rnglists[] = {
    4, 0, 0, 0,
    4, 0x10, 0x20,                   /* offset_pair, base of the unit */
    5, WORD(0x5000), 4, 1, 2,        /* base_address, offset_pair */
    1, 0, 4, 3, 4,                   /* base_addressx 0, offset_pair */
    3, 0, 5,                         /* startx_length */
    2, 0, 1,                         /* startx_endx */
    6, WORD(0x100), WORD(0x110),     /* start_end */
    7, WORD(0x200), 0x80, 1,         /* start_length 128 */
    0};
static const unsigned char addr[] = {WORD(0x7000), WORD(0x7040)};

static void
test_range_each_new_list_by_index_and_offset(void **state)
{
    struct form_sections sections = {
        .rnglists = {.bytes = rnglists, .size = sizeof rnglists},
        .addr = {.bytes = addr, .size = sizeof addr}};
    struct info_unit unit = {
        .form = {.sections = &sections, .version = 5, .address_size = 8},
        .low_pc = 0x1000};
    struct info_entry by_index = entry_with(FORM_RNGLISTX, 0);
    struct info_entry by_offset = entry_with(FORM_SEC_OFFSET, 4);
    struct pieces pieces = {.count = 0};
    static const uint64_t wanted[7][2] = {
        {0x1010, 0x1020}, {0x5001, 0x5002}, {0x7003, 0x7004}, {0x7000, 0x7005},
        {0x7000, 0x7040}, {0x100, 0x110},   {0x200, 0x280}};

    (void)state;
    assert_int_equal(range_each(&unit, &by_index, keep, &pieces), 0);
    assert_int_equal(pieces.count, 7);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(pieces.low[i], wanted[i][0]);
        assert_int_equal(pieces.high[i], wanted[i][1]);
    }
    pieces.count = 0;
    assert_int_equal(range_each(&unit, &by_offset, keep, &pieces), 0);
    assert_int_equal(pieces.count, 7);
    by_index = entry_with(FORM_RNGLISTX, 1000);
    assert_int_equal(range_each(&unit, &by_index, keep, &pieces), -EINVAL);
}

static void
test_range_each_low_high_and_thrown_away(void **state)
{
    struct form_sections sections = {.info = {.bytes = NULL}};
    struct info_unit unit = {
        .form = {.sections = &sections, .version = 4, .address_size = 8}};
    struct info_entry entry = {.present = 1u << INFO_LOW_PC |
                                          1u << INFO_HIGH_PC};
    struct pieces pieces = {.count = 0};

    (void)state;
    entry.attrs[INFO_LOW_PC] =
        (struct form_value){.form = FORM_ADDR, .number = 0x500};
    entry.attrs[INFO_HIGH_PC] = (struct form_value){.form = 0x06, .number = 8};
    assert_int_equal(range_each(&unit, &entry, keep, &pieces), 0);
    assert_int_equal(pieces.count, 1);
    assert_int_equal(pieces.high[0], 0x508);
    entry.attrs[INFO_LOW_PC].number = 0;
    assert_int_equal(range_each(&unit, &entry, keep, &pieces), 0);
    entry.present = 0;
    assert_int_equal(range_each(&unit, &entry, keep, &pieces), 0);
    assert_int_equal(pieces.count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_each_old_list_with_bases),
        cmocka_unit_test(test_range_each_new_list_by_index_and_offset),
        cmocka_unit_test(test_range_each_low_high_and_thrown_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
