/*
 * test_info.c - units and entries, of one small unit in several versions.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

/*
 * 1: compile unit with children: name (string), low_pc, high_pc (data4)
 * 2: subprogram with children: name (string), low_pc, high_pc (data1)
 * 3: inlined, no children: call_line (implicit 42), origin (ref4)
 * 9: namespace with children, nothing else
 */
static const unsigned char abbrev[] = {
    1, 0x11, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x06, 0,    0,
    2, 0x2e, 1, 0x03, 0x08, 0x11, 0x01, 0x12, 0x0b, 0,    0,
    3, 0x1d, 0, 0x59, 0x21, 42,   0x31, 0x13, 0,    0,
    9, 0x39, 1, 0,    0,
    0};

/* The entries, without a header; the first is at the offset of the header's
 * size. */
static const unsigned char entries[] = {
    1, 'a', '.', 'c', 0, 0x00, 0x10, 0, 0, 0, 0, 0, 0, 0x00, 0x01, 0, 0,
    9,                                               /* namespace */
    2, 'f', 0, 0x10, 0x10, 0, 0, 0, 0, 0, 0, 0x20,   /* f: [0x1010, 0x1030) */
    3, 0x0b, 0, 0, 0,                                /* inlined in it */
    0,                                               /* end of f */
    0,                                               /* end of the namespace */
    0};                                              /* end of the unit */

static unsigned char info[128];
static struct form_sections sections;

/* Put a unit together; returns its size. */
static size_t
build(uint16_t version, bool is_64)
{
    unsigned char *at = info;
    uint64_t length = sizeof entries + (is_64 ? 8 : 4) + 3 + (version == 5);

    if (is_64) {
        memset(at, 0xff, 4);
        memcpy(at + 4, &length, 8);
        at += 12;
    } else {
        memcpy(at, &length, 4);
        at += 4;
    }
    memcpy(at, &version, 2);
    at += 2;
    if (version == 5) {
        *at++ = 1; /* compile */
        *at++ = 8;
    }
    memset(at, 0, is_64 ? 8 : 4);
    at += is_64 ? 8 : 4;
    if (version < 5)
        *at++ = 8;
    memcpy(at, entries, sizeof entries);
    at += sizeof entries;
    memset(&sections, 0, sizeof sections);
    sections.info = (struct cursor_bytes){.bytes = info,
                                          .size = (size_t)(at - info)};
    sections.abbrev =
        (struct cursor_bytes){.bytes = abbrev, .size = sizeof abbrev};
    return (size_t)(at - info);
}

static void
check_unit(uint16_t version, bool is_64)
{
    size_t size = build(version, is_64);
    struct info_unit unit;
    struct info_entry entry;
    struct cursor c;
    uint64_t low;
    uint64_t high;
    uint64_t line;

    assert_int_equal(info_unit_open(&sections, 0, &unit), 0);
    assert_int_equal(unit.end, size);
    assert_int_equal(unit.form.version, version);
    assert_int_equal(info_unit_root(&unit, &entry), 0);
    assert_int_equal(entry.tag, INFO_TAG_COMPILE_UNIT);
    assert_string_equal(form_text(&entry.attrs[INFO_NAME], &unit.form), "a.c");
    assert_int_equal(unit.low_pc, 0x1000);

    c = info_cursor(&unit, unit.first);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(entry.tag, INFO_TAG_NAMESPACE);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(entry.tag, INFO_TAG_SUBPROGRAM);
    assert_true(info_low_high(&unit, &entry, &low, &high));
    assert_int_equal(low, 0x1010);
    assert_int_equal(high, 0x1030);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(entry.tag, INFO_TAG_INLINED);
    assert_true(form_number(&entry.attrs[INFO_CALL_LINE], &line));
    assert_int_equal(line, 42);
    assert_false(info_has(&entry, INFO_NAME));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(info_read(&unit, &c, &entry), 0);
        assert_int_equal(entry.tag, 0);
    }
    assert_ptr_equal(c.at, c.end);
    assert_int_equal(info_unit_open(&sections, unit.end, &unit), -ENOENT);
}

static void
test_info_read_versions_and_formats_give_the_same(void **state)
{
    (void)state;
    for (uint16_t version = 2; version <= 5; version++) {
        check_unit(version, false);
        if (version > 2)
            check_unit(version, true);
    }
}

static void
test_info_skip_children_lands_behind_them(void **state)
{
    struct info_unit unit;
    struct info_entry entry;
    struct cursor c;

    (void)state;
    (void)build(5, false);
    assert_int_equal(info_unit_open(&sections, 0, &unit), 0);
    c = info_cursor(&unit, unit.first);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(info_skip_children(&unit, &c, &entry), 0);
    assert_int_equal(c.end - c.at, 1);
}

static void
test_info_abbrevs_table_gives_the_same_entries(void **state)
{
    uint32_t offsets[16] = {0};
    struct info_abbrevs table = {.offsets = offsets};
    struct info_unit unit;
    struct info_entry entry;
    struct cursor c;

    (void)state;
    (void)build(4, false);
    assert_int_equal(info_unit_open(&sections, 0, &unit), 0);
    table.count = info_abbrevs_measure(&unit, 16);
    assert_int_equal(table.count, 10);
    info_abbrevs_fill(&unit, &table);
    assert_int_equal(offsets[4], 0);
    unit.abbrevs = &table;
    c = info_cursor(&unit, unit.first);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(entry.tag, INFO_TAG_COMPILE_UNIT);
    assert_int_equal(info_read(&unit, &c, &entry), 0);
    assert_int_equal(entry.tag, INFO_TAG_NAMESPACE);
    assert_int_equal(info_abbrevs_measure(&unit, 4), 4);
}

static void
test_info_unit_open_malformed_refused(void **state)
{
    struct info_unit unit;
    size_t size = build(5, false);

    (void)state;
    info[4] = 6;
    assert_int_equal(info_unit_open(&sections, 0, &unit), -ENOTSUP);
    assert_int_equal(unit.end, size);
    (void)build(5, false);
    sections.info.size = size - 1;
    assert_int_equal(info_unit_open(&sections, 0, &unit), -EINVAL);
    (void)build(4, false);
    info[10] = 3; /* address size */
    assert_int_equal(info_unit_open(&sections, 0, &unit), -EINVAL);
    assert_int_equal(info_unit_open(&sections, 999, &unit), -ENOENT);
}

static void
test_info_read_unknown_abbreviation_refused(void **state)
{
    struct info_unit unit;
    struct info_entry entry;
    struct cursor c;

    (void)state;
    (void)build(4, false);
    assert_int_equal(info_unit_open(&sections, 0, &unit), 0);
    info[unit.first] = 77;
    c = info_cursor(&unit, unit.first);
    assert_int_equal(info_read(&unit, &c, &entry), -EINVAL);
    assert_true(info_cursor(&unit, unit.end + 1).failed);
    assert_true(info_cursor(&unit, 0).failed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_info_read_versions_and_formats_give_the_same),
        cmocka_unit_test(test_info_skip_children_lands_behind_them),
        cmocka_unit_test(test_info_abbrevs_table_gives_the_same_entries),
        cmocka_unit_test(test_info_unit_open_malformed_refused),
        cmocka_unit_test(test_info_read_unknown_abbreviation_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
