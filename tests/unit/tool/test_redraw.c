/*
 * test_redraw.c - a table on a terminal: what does not fit is cut.
 */
#include "tool/redraw.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *drawn;
static size_t drawn_size;

static FILE *
begin(void)
{
    FILE *out = open_memstream(&drawn, &drawn_size);

    assert_non_null(out);
    assert_int_equal(setenv("COLUMNS", "20", 1), 0);
    return out;
}

static void
end_with(FILE *out, const char *wanted)
{
    assert_int_equal(fclose(out), 0);
    assert_string_equal(drawn, wanted);
    free(drawn);
}

static void
test_redraw_table_long_lines_and_more_rows_are_cut(void **state)
{
    FILE *out = begin();

    (void)state;
    redraw_begin(out);
    redraw_table(out,
                 "a\n\n"
                 "growing  23456789012345678901234567890\n"
                 "not shown\n",
                 3);
    redraw_end(out);
    end_with(out, "\033[H"
                  "a\033[K\n"
                  "\033[K\n"
                  "growing  23456789012\033[K\n"
                  "\033[J");
}

/* A character of several bytes takes one column, and is never cut in two. */
static void
test_redraw_table_characters_are_cut_whole(void **state)
{
    FILE *out = begin();

    (void)state;
    redraw_table(out, "1234567890123456789\u00e9\u00e9\u20ac\n", 9);
    end_with(out, "1234567890123456789\u00e9\033[K\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_redraw_table_long_lines_and_more_rows_are_cut),
        cmocka_unit_test(test_redraw_table_characters_are_cut_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
