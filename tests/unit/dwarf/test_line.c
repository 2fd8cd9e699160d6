/*
 * test_line.c - line programs, one of DWARF 3 and one of DWARF 5.
 */
#include "dwarf/dwarf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>

#define STANDARD 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1

/* Directories "inc", files "a.c" (0) and "b.h" (1). Line base -5, range 14,
 * opcode base 13. */
static const unsigned char old_program[] = {
    68, 0, 0, 0, 3, 0, 37, 0, 0, 0,
    1, 1, 0xfb, 14, 13, STANDARD,
    'i', 'n', 'c', 0, 0,
    'a', '.', 'c', 0, 0, 0, 0, 'b', '.', 'h', 0, 1, 0, 0, 0,
    /* Here the program begins. */
    0, 9, 2, 0x00, 0x10, 0, 0, 0, 0, 0, 0, /* address 0x1000 */
    3, 9, 1,                /* line 10, copy */
    0x4b,                   /* address 4, line 1 on */
    4, 2, 5, 7, 1,          /* file 2, column 7, copy */
    2, 4, 0, 1, 1};         /* address 4 on, end */

static struct line_row rows[8];
static unsigned row_count;

static bool
keep(const struct line_row *row, void *context)
{
    (void)context;
    assert_true(row_count < 8);
    rows[row_count++] = *row;
    return true;
}

static const struct form_sections old_sections = {
    .line = {.bytes = old_program, .size = sizeof old_program}};
static const struct form_unit old_unit = {
    .sections = &old_sections, .version = 3, .address_size = 8};

static void
test_line_each_rows_of_an_old_program(void **state)
{
    struct line_program program;

    (void)state;
    row_count = 0;
    assert_int_equal(line_open(&old_unit, 0, &program), 0);
    assert_int_equal(program.end, sizeof old_program);
    assert_int_equal(line_each(&program, keep, NULL), 0);
    assert_int_equal(row_count, 4);
    assert_int_equal(rows[0].addr, 0x1000);
    assert_int_equal(rows[0].line, 10);
    assert_int_equal(rows[0].file, 1);
    assert_int_equal(rows[1].addr, 0x1004);
    assert_int_equal(rows[1].line, 11);
    assert_int_equal(rows[2].file, 2);
    assert_int_equal(rows[2].column, 7);
    assert_int_equal(rows[3].addr, 0x1008);
    assert_true(rows[3].is_end);
}

static void
test_line_find_file_of_an_old_program(void **state)
{
    struct line_program program;
    struct line_file file;

    (void)state;
    assert_int_equal(line_open(&old_unit, 0, &program), 0);
    assert_int_equal(line_find_file(&program, 1, &file), 0);
    assert_string_equal(file.name, "a.c");
    assert_null(file.directory);
    assert_int_equal(line_find_file(&program, 2, &file), 0);
    assert_string_equal(file.name, "b.h");
    assert_string_equal(file.directory, "inc");
    assert_int_equal(line_find_file(&program, 3, &file), -ENOENT);
    assert_int_equal(line_find_file(&program, 0, &file), -ENOENT);
}

/* Paths as texts in place, directory index as udata, and an MD5. */
static const unsigned char new_program[] = {
    71, 0, 0, 0, 5, 0, 8, 0, 63, 0, 0, 0,
    1, 1, 1, 0xfb, 14, 13, STANDARD,
    1, 1, 0x08, 1, '/', 's', 0,
    3, 1, 0x08, 2, 0x0f, 5, 0x1e, 2,
    'a', 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16,
    'b', 0};

static void
test_line_find_file_of_a_new_program(void **state)
{
    unsigned char bytes[sizeof new_program + 32] = {0};
    struct form_sections sections = {
        .line = {.bytes = bytes, .size = sizeof bytes}};
    struct form_unit unit = {
        .sections = &sections, .version = 5, .address_size = 8};
    struct line_program program;
    struct line_file file;

    (void)state;
    for (size_t i = 0; i < sizeof new_program; i++)
        bytes[i] = new_program[i];
    bytes[0] = (unsigned char)(sizeof bytes - 4);
    bytes[8] = (unsigned char)(sizeof bytes - 12);
    assert_int_equal(line_open(&unit, 0, &program), 0);
    assert_int_equal(line_find_file(&program, 0, &file), 0);
    assert_string_equal(file.name, "a");
    assert_string_equal(file.directory, "/s");
    assert_int_equal(line_find_file(&program, 1, &file), 0);
    assert_string_equal(file.name, "b");
    assert_int_equal(line_find_file(&program, 2, &file), -ENOENT);
}

static void
test_line_open_malformed_refused(void **state)
{
    unsigned char bytes[sizeof old_program];
    struct form_sections sections = {
        .line = {.bytes = bytes, .size = sizeof bytes}};
    struct form_unit unit = {
        .sections = &sections, .version = 3, .address_size = 8};
    struct line_program program;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = old_program[i];
    bytes[13] = 0; /* line range */
    assert_int_equal(line_open(&unit, 0, &program), -EINVAL);
    bytes[13] = 14;
    bytes[14] = 0; /* opcode base */
    assert_int_equal(line_open(&unit, 0, &program), -EINVAL);
    bytes[14] = 13;
    bytes[4] = 9; /* version */
    assert_int_equal(line_open(&unit, 0, &program), -ENOTSUP);
    bytes[4] = 3;
    bytes[0]++; /* longer than the section */
    assert_int_equal(line_open(&unit, 0, &program), -EINVAL);
    assert_int_equal(line_open(&unit, 500, &program), -EINVAL);
}

static void
test_line_each_cut_operand_refused(void **state)
{
    struct line_program program;

    (void)state;
    row_count = 0;
    assert_int_equal(line_open(&old_unit, 0, &program), 0);
    program.code.size = 5; /* in the middle of set_address */
    assert_int_equal(line_each(&program, keep, NULL), -EINVAL);
    assert_int_equal(row_count, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_each_rows_of_an_old_program),
        cmocka_unit_test(test_line_find_file_of_an_old_program),
        cmocka_unit_test(test_line_find_file_of_a_new_program),
        cmocka_unit_test(test_line_open_malformed_refused),
        cmocka_unit_test(test_line_each_cut_operand_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
