/*
 * The rc files: lines, presets, prog: lines, what is wrong with them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "conf/source.h"
#include "said.h"

#define HOME_FILE "home/.dbgmallocrc"

static char home[4096];

/* The working directory is empty, and HOME another below it. */
static int
setup(void **state)
{
    (void)state;
    said_clean_place();
    strcpy(home, getenv("HOME"));
    if (mkdir("home", 0700) != 0)
        return -1;
    strcat(home, "/home");
    setenv("HOME", home, 1);
    source_forget();
    return 0;
}

static int
teardown(void **state)
{
    (void)state;
    unlink(HOME_FILE);
    rmdir("home");
    home[strlen(home) - 5] = '\0';
    setenv("HOME", home, 1);
    said_leave_place();
    return 0;
}

static const char *
tokens_of(const char *name)
{
    static char text[256];
    struct source_line line;

    if (!source_find(name, strlen(name), &line))
        return NULL;
    memcpy(text, line.tokens, line.tokens_n);
    text[line.tokens_n] = '\0';
    return text;
}

static const char *
load(void)
{
    said_begin();
    source_load();
    return said_end();
}

static void
test_source_load_no_file_is_silent(void **state)
{
    (void)state;
    assert_string_equal(load(), "");
    assert_null(tokens_of("mine"));
}

static void
test_source_find_gives_the_tokens(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "# a comment = low\n\n"
                               "  mine =  low, top=3 \n"
                               "your.own_2=print\r\n"
                               "last = a,b");
    assert_string_equal(load(), "");
    assert_string_equal(tokens_of("mine"), "low, top=3");
    assert_string_equal(tokens_of("your.own_2"), "print");
    assert_string_equal(tokens_of("last"), "a,b");
    assert_null(tokens_of("min"));
    assert_null(tokens_of("minee"));
    assert_null(tokens_of("# a comment"));
}

static void
test_source_find_continued_line_is_one(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "mine = low, \\\n  top=3, \\\nprint\n"
                               "next = off\n");
    assert_string_equal(load(), "");
    assert_string_equal(tokens_of("next"), "off");
    assert_non_null(strstr(tokens_of("mine"), "print"));
}

static void
test_source_find_nearer_file_wins(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "mine = here\n");
    said_write(HOME_FILE, "mine = there\nother = there\n");
    assert_string_equal(load(), "");
    assert_string_equal(tokens_of("mine"), "here");
    assert_string_equal(tokens_of("other"), "there");
}

static void
test_source_find_later_line_wins(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "mine = one\nmine = two\n");
    assert_string_equal(load(), "");
    assert_string_equal(tokens_of("mine"), "two");
}

static void
test_source_find_prog_line_is_no_preset(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "prog:mine = low\n");
    assert_string_equal(load(), "");
    assert_null(tokens_of("mine"));
    assert_null(tokens_of("prog:mine"));
}

static void
test_source_load_bad_lines_are_named(void **state)
{
    const char *said;

    (void)state;
    said_write(".dbgmallocrc", "just words\n= low\na b = low\nlow = off\n"
                               "top = 3\nno ne\nnone = x\nprog: = low\n"
                               "mine = low\n");
    said = load();
    assert_int_equal(said_lines(said), 8);
    assert_non_null(strstr(said, ".dbgmallocrc: \"just words\": it is not "
                                 "NAME = TOKENS\n"));
    assert_non_null(strstr(said, "\"low = off\": that name is taken\n"));
    assert_non_null(strstr(said, "\"top = 3\": that name is taken\n"));
    assert_non_null(strstr(said, "\"prog: = low\": there is no name"));
    assert_string_equal(tokens_of("mine"), "low");
    assert_null(tokens_of("low"));
}

static void
test_source_load_same_file_twice_is_read_once(void **state)
{
    (void)state;
    home[strlen(home) - 5] = '\0';
    setenv("HOME", home, 1);
    strcat(home, "/home");
    said_write(".dbgmallocrc", "just words\n");
    assert_int_equal(said_lines(load()), 1);
}

static void
test_source_load_long_file_is_refused(void **state)
{
    static char text[SOURCE_FILE_MAX + 1];
    const char *said;

    (void)state;
    memset(text, '\n', SOURCE_FILE_MAX);
    memcpy(text, "mine = low\n", 11);
    said_write(".dbgmallocrc", text);
    said = load();
    assert_int_equal(said_lines(said), 1);
    assert_non_null(strstr(said, "it is longer than 16383 bytes"));
    assert_null(tokens_of("mine"));
}

static void
test_source_load_fifo_does_not_wait(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(".dbgmallocrc", 0600), 0);
    assert_string_equal(load(), "");
}

static void
test_source_load_nul_bytes_are_blanks(void **state)
{
    FILE *file = fopen(".dbgmallocrc", "w");

    (void)state;
    assert_int_equal(fwrite("mine\0=\0low\n", 1, 11, file), 11);
    fclose(file);
    assert_string_equal(load(), "");
    assert_string_equal(tokens_of("mine"), "low");
}

static bool
count(const struct source_line *line, void *context)
{
    char *text = context;

    strncat(text, line->name, line->name_n);
    strcat(text, line->is_program ? "! " : " ");
    return strstr(text, "stop") == NULL;
}

static void
test_source_each_home_first_until_false(void **state)
{
    char text[128] = "";

    (void)state;
    said_write(".dbgmallocrc", "a = 1\nprog:py* = 2\nstop = 3\nb = 4\n");
    said_write(HOME_FILE, "h = 1\n");
    assert_string_equal(load(), "");
    source_each(count, text);
    assert_string_equal(text, "h a py*! stop ");
}

static void
test_source_forget_leaves_nothing(void **state)
{
    (void)state;
    said_write(".dbgmallocrc", "mine = low\n");
    assert_string_equal(load(), "");
    source_forget();
    assert_null(tokens_of("mine"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(test_name)                                                        \
    cmocka_unit_test_setup_teardown(test_name, setup, teardown)
        TEST(test_source_load_no_file_is_silent),
        TEST(test_source_find_gives_the_tokens),
        TEST(test_source_find_continued_line_is_one),
        TEST(test_source_find_nearer_file_wins),
        TEST(test_source_find_later_line_wins),
        TEST(test_source_find_prog_line_is_no_preset),
        TEST(test_source_load_bad_lines_are_named),
        TEST(test_source_load_same_file_twice_is_read_once),
        TEST(test_source_load_long_file_is_refused),
        TEST(test_source_load_fifo_does_not_wait),
        TEST(test_source_load_nul_bytes_are_blanks),
        TEST(test_source_each_home_first_until_false),
        TEST(test_source_forget_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
