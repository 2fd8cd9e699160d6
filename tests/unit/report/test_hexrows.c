/*
 * test_hexrows.c - bytes of memory as rows of hexadecimal and text.
 */
#include "report/hexrows.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

static const uint8_t bytes[] = "abcdefghijklmnopqrstuvwxyz";
static struct buffer out = BUFFER_INIT;

static void
expect(const struct hexrows *rows, const char *text)
{
    buffer_clear(&out);
    hexrows_add(&out, rows, 2);
    assert_string_equal(out.bytes == NULL ? "" : out.bytes, text);
}

static void
test_hexrows_add_nothing_is_nothing(void **state)
{
    struct hexrows rows = {.addr = 0x1000, .bytes = bytes, .count = 0};

    (void)state;
    expect(&rows, "");
}

static void
test_hexrows_add_begins_inside_a_row(void **state)
{
    struct hexrows rows = {.addr = 0x100e, .bytes = bytes, .count = 4};

    (void)state;
    expect(&rows, "  0x000000001000                        "
                  "                     61 62                ab\n"
                  "  0x000000001010  63 64                 "
                  "                            cd\n");
}

static void
test_hexrows_add_marks_edges_and_damage(void **state)
{
    struct hexrows rows = {.addr = 0x1000,
                           .bytes = bytes,
                           .count = 16,
                           .damaged = 0x180,
                           .start = 0x1000,
                           .end = 0x1007};

    (void)state;
    expect(&rows,
           "  0x000000001000 |61 62 63 64 65 66 67|68  69 6a 6b 6c 6d 6e 6f 70"
           "  abcdefghijklmnop\n"
           "                                       ^^  ^^\n");
}

static void
test_hexrows_add_unprintable_are_dots(void **state)
{
    static const uint8_t odd[] = {0, 0x1f, 0x20, 0x7e, 0x7f, 0xff};
    struct hexrows rows = {.addr = 0x1000, .bytes = odd, .count = 6};

    (void)state;
    buffer_clear(&out);
    hexrows_add(&out, &rows, 0);
    assert_string_equal(out.bytes + out.count - 7, ".. ~..\n");
}

static void
test_hexrows_add_at_the_end_of_memory_ends(void **state)
{
    struct hexrows rows = {.addr = UINTPTR_MAX - 3, .bytes = bytes, .count = 4};

    (void)state;
    buffer_clear(&out);
    hexrows_add(&out, &rows, 0);
    assert_string_equal(out.bytes + out.count - 5, "abcd\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hexrows_add_nothing_is_nothing),
        cmocka_unit_test(test_hexrows_add_begins_inside_a_row),
        cmocka_unit_test(test_hexrows_add_marks_edges_and_damage),
        cmocka_unit_test(test_hexrows_add_unprintable_are_dots),
        cmocka_unit_test(test_hexrows_add_at_the_end_of_memory_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
