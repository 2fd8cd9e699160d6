/*
 * test_lines.c - reading line by line, at the edges of the buffer.
 */
#include "os/lines.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

static int
setup(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/test_lines_XXXXXX");
    fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int
teardown(void **state)
{
    (void)state;
    return unlink(path);
}

static FILE *
begin_file(void)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    return file;
}

static void
test_lines_next_lines_come_in_order(void **state)
{
    struct lines lines;
    FILE *file = begin_file();

    (void)state;
    (void)fputs("one\n\nthree\nlast", file);
    (void)fclose(file);
    assert_int_equal(lines_open(&lines, path), 0);
    assert_string_equal(lines_next(&lines), "one");
    assert_string_equal(lines_next(&lines), "");
    assert_string_equal(lines_next(&lines), "three");
    assert_string_equal(lines_next(&lines), "last");
    assert_null(lines_next(&lines));
    assert_null(lines_next(&lines));
    assert_int_equal(lines.error, 0);
    lines_close(&lines);
}

static void
test_lines_next_empty_file_has_none(void **state)
{
    struct lines lines;

    (void)state;
    assert_int_equal(lines_open(&lines, path), 0);
    assert_null(lines_next(&lines));
    lines_close(&lines);
}

/* Lines of every length around the buffer's size, each after a short one. */
static void
test_lines_next_long_lines_are_cut(void **state)
{
    struct lines lines;
    FILE *file = begin_file();

    (void)state;
    for (int n = LINES_MAX - 3; n <= 3 * LINES_MAX + 3; n++) {
        for (int i = 0; i < n; i++)
            (void)putc('a' + n % 26, file);
        (void)fprintf(file, "\n%d\n", n);
        n += n > LINES_MAX + 3 && n < 3 * LINES_MAX - 3 ? 500 : 0;
    }
    (void)fclose(file);
    assert_int_equal(lines_open(&lines, path), 0);
    for (int n = LINES_MAX - 3; n <= 3 * LINES_MAX + 3; n++) {
        const char *line = lines_next(&lines);
        char number[16];

        assert_non_null(line);
        assert_int_equal(strlen(line), n < LINES_MAX ? n : LINES_MAX);
        for (const char *c = line; *c != '\0'; c++)
            assert_int_equal(*c, 'a' + n % 26);
        (void)snprintf(number, sizeof(number), "%d", n);
        assert_string_equal(lines_next(&lines), number);
        n += n > LINES_MAX + 3 && n < 3 * LINES_MAX - 3 ? 500 : 0;
    }
    assert_null(lines_next(&lines));
    lines_close(&lines);
}

static void
test_lines_next_long_last_line_is_given_once(void **state)
{
    struct lines lines;
    FILE *file = begin_file();

    (void)state;
    for (int i = 0; i < 2 * LINES_MAX + 7; i++)
        (void)putc('x', file);
    (void)fclose(file);
    assert_int_equal(lines_open(&lines, path), 0);
    assert_int_equal(strlen(lines_next(&lines)), LINES_MAX);
    assert_null(lines_next(&lines));
    lines_close(&lines);
}

static void
test_lines_open_wrong_path_fails(void **state)
{
    struct lines lines;

    (void)state;
    assert_int_equal(lines_open(&lines, "/nonexistent"), -ENOENT);
    assert_int_equal(lines_open(&lines, "/tmp"), 0);
    assert_null(lines_next(&lines));
    assert_int_equal(lines.error, -EISDIR);
    lines_close(&lines);
}

static void
test_lines_field_label_is_found(void **state)
{
    uint64_t value = 7;
    FILE *file = begin_file();

    (void)state;
    (void)fputs("Other:\t1\nField: none\nField:\t 42 kB\n", file);
    (void)fclose(file);
    assert_int_equal(lines_field(path, "Field:", &value), 0);
    assert_true(value == 42);
    assert_int_equal(lines_field(path, "Missing:", &value), -ENOENT);
    assert_int_equal(lines_field("/nonexistent", "Field:", &value), -ENOENT);
    assert_true(value == 42);
}

static void
test_lines_number_texts_are_read(void **state)
{
    uint64_t value = 7;

    (void)state;
    assert_true(lines_number(" \t12 kB", &value));
    assert_true(value == 12);
    assert_true(lines_number("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
    assert_false(lines_number("18446744073709551616", &value));
    assert_false(lines_number("", &value));
    assert_false(lines_number("x1", &value));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines_next_lines_come_in_order,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_next_empty_file_has_none,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_next_long_lines_are_cut,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_lines_next_long_last_line_is_given_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lines_open_wrong_path_fails, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_lines_field_label_is_found, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_lines_number_texts_are_read, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
