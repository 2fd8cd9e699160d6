/*
 * test_package.c - the index of a package with two units in four slots.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#define FIRST_ID UINT64_C(0x1111111100000001)
#define SECOND_ID UINT64_C(0x2222222200000001) /* the same first slot */

/* Version 5; columns info (1), abbrev (3), str_offsets (6). */
struct index {
    uint16_t version;
    uint16_t padding;
    uint32_t columns, units, slots;
    uint64_t ids[4];
    uint32_t rows[4];
    uint32_t sections[3];
    uint32_t offsets[2][3];
    uint32_t sizes[2][3];
};

static const struct index good = {
    .version = 5,
    .columns = 3,
    .units = 2,
    .slots = 4,
    .ids = {0, FIRST_ID, SECOND_ID, 0},
    .rows = {0, 1, 2, 0},
    .sections = {1, 3, 6},
    .offsets = {{0, 0, 0}, {40, 10, 8}},
    .sizes = {{40, 10, 8}, {60, 20, 12}}};

static unsigned char data[100];
static const struct form_sections whole = {
    .info = {.bytes = data, .size = 100},
    .abbrev = {.bytes = data, .size = 30},
    .str = {.bytes = data, .size = 50},
    .str_offsets = {.bytes = data, .size = 20}};

static int
find(const struct index *index, uint64_t id, struct form_sections *out)
{
    /* The struct has no padding at its end that matters. */
    return package_find(
        (struct cursor_bytes){.bytes = (const unsigned char *)index,
                              .size = sizeof *index},
        &whole, id, out);
}

static void
test_package_find_each_unit_gets_its_part(void **state)
{
    struct form_sections part;

    (void)state;
    assert_int_equal(find(&good, FIRST_ID, &part), 0);
    assert_ptr_equal(part.info.bytes, data);
    assert_int_equal(part.info.size, 40);
    assert_int_equal(part.str.size, 50);
}

static void
test_package_find_collision_goes_on(void **state)
{
    struct index index = good;
    struct form_sections part;
    uint64_t step = (SECOND_ID >> 32 & 3) | 1;
    unsigned slot = (unsigned)((SECOND_ID & 3) + step) & 3;

    (void)state;
    memset(index.ids + 2, 0, 16);
    memset(index.rows + 2, 0, 8);
    index.ids[slot] = SECOND_ID;
    index.rows[slot] = 2;
    assert_int_equal(find(&index, SECOND_ID, &part), 0);
    assert_ptr_equal(part.info.bytes, data + 40);
    assert_int_equal(part.info.size, 60);
    assert_int_equal(part.abbrev.size, 20);
    assert_int_equal(part.str_offsets.size, 12);
}

static void
test_package_find_unknown_unit_is_absent(void **state)
{
    struct form_sections part;

    (void)state;
    assert_int_equal(find(&good, 0x4444444400000000, &part), -ENOENT);
}

static void
test_package_find_malformed_refused(void **state)
{
    struct index index = good;
    struct form_sections part;

    (void)state;
    index.sizes[0][1] = 31; /* past the section */
    assert_int_equal(find(&index, FIRST_ID, &part), -EINVAL);
    index = good;
    index.slots = 3;
    assert_int_equal(find(&index, FIRST_ID, &part), -EINVAL);
    index = good;
    index.rows[1] = 7;
    assert_int_equal(find(&index, FIRST_ID, &part), -ENOENT);
    assert_int_equal(package_find((struct cursor_bytes){.bytes = NULL}, &whole,
                                  FIRST_ID, &part),
                     -EINVAL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_package_find_each_unit_gets_its_part),
        cmocka_unit_test(test_package_find_collision_goes_on),
        cmocka_unit_test(test_package_find_unknown_unit_is_absent),
        cmocka_unit_test(test_package_find_malformed_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
