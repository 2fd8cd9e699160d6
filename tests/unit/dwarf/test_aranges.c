/*
 * test_aranges.c - two tables of .debug_aranges, whole and damaged.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

/* As a compiler writes it: the pairs begin at a multiple of 16. */
struct set {
    uint32_t length;
    uint16_t version;
    uint32_t unit;
    uint8_t address_size, segment_size;
    uint32_t padding;
    uint64_t pairs[3][2];
} __attribute__((packed));

#define LENGTH (sizeof(struct set) - 4)

static const struct set good[2] = {
    {LENGTH, 2, 0x10, 8, 0, 0, {{0x1000, 0x20}, {0x2000, 1}, {0, 0}}},
    {LENGTH, 2, 0x99, 8, 0, 0, {{0, 0x40}, {0x1020, 0x10}, {0, 0}}},
};

struct found {
    uint64_t pieces[8][3];
    unsigned count;
    unsigned max;
};

static bool
add(uint64_t low, uint64_t high, uint64_t unit, void *context)
{
    struct found *found = context;

    found->pieces[found->count][0] = low;
    found->pieces[found->count][1] = high;
    found->pieces[found->count][2] = unit;
    return ++found->count < found->max;
}

static int
read_sets(const struct set *sets, size_t size, struct found *found)
{
    struct cursor_bytes bytes = {.bytes = (const unsigned char *)sets,
                                 .size = size};

    memset(found, 0, sizeof *found);
    found->max = 8;
    return aranges_each(bytes, add, found);
}

static void
test_aranges_each_gives_pieces_with_their_unit(void **state)
{
    static const uint64_t wanted[3][3] = {
        {0x1000, 0x1020, 0x10}, {0x2000, 0x2001, 0x10}, {0x1020, 0x1030, 0x99}};
    struct found found;

    (void)state;
    assert_int_equal(read_sets(good, sizeof good, &found), 0);
    assert_int_equal(found.count, 3); /* What lies at 0 was thrown away. */
    assert_memory_equal(found.pieces, wanted, sizeof wanted);
}

static void
test_aranges_each_cut_short_gives_what_is_before(void **state)
{
    struct found found;

    (void)state;
    assert_int_equal(read_sets(good, sizeof good - 1, &found), -EINVAL);
    assert_int_equal(found.count, 2);
    assert_int_equal(read_sets(good, 0, &found), 0);
    assert_int_equal(found.count, 0);
}

static void
test_aranges_each_other_version_is_passed_over(void **state)
{
    struct set sets[2];
    struct found found;

    (void)state;
    memcpy(sets, good, sizeof sets);
    sets[0].version = 9;
    assert_int_equal(read_sets(sets, sizeof sets, &found), 0);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.pieces[0][2], 0x99);
}

static void
test_aranges_each_stops_when_told(void **state)
{
    struct cursor_bytes bytes = {.bytes = (const unsigned char *)good,
                                 .size = sizeof good};
    struct found found = {.max = 1};

    (void)state;
    assert_int_equal(aranges_each(bytes, add, &found), 0);
    assert_int_equal(found.count, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aranges_each_gives_pieces_with_their_unit),
        cmocka_unit_test(test_aranges_each_cut_short_gives_what_is_before),
        cmocka_unit_test(test_aranges_each_other_version_is_passed_over),
        cmocka_unit_test(test_aranges_each_stops_when_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
