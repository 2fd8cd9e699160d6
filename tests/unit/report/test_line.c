/*
 * test_line.c - one line of the log, with what log-prefix asks for.
 */
#include "cases.h"

static void
case_line(void)
{
    report_line("malloc(%d) = %s", 24, "0x1000");
    report_line("second");
}

static void
case_long_line(void)
{
    char text[3001];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    report_line("%s", text);
}

static const struct test_case cases[] = {
    {"line", case_line, true},
    {"long_line", case_long_line, true},
};

static void
test_report_line_has_its_number(void **state)
{
    (void)state;
    run("line", "log=log");
    assert_string_equal(text_of("log", true),
                        "1: malloc(24) = 0x1000\n2: second\n");
}

static void
test_report_line_on_stderr_says_whose_it_is(void **state)
{
    (void)state;
    run("line", "log=stderr,log-prefix=none");
    assert_string_equal(text_of("stderr", false),
                        "dbgmalloc: malloc(24) = 0x1000\ndbgmalloc: second\n");
}

static void
test_report_line_has_every_prefix(void **state)
{
    unsigned year, pid, tid, number;
    unsigned seconds, micros;

    (void)state;
    run("line", "log=log,log-prefix=time:elapsed:pid:tid:seq");
    assert_int_equal(sscanf(text_of("log", true),
                            "%u-%*u-%*uT%*u:%*u:%*uZ %u.%u p%u t%u %u: malloc",
                            &year, &seconds, &micros, &pid, &tid, &number),
                     6);
    assert_true(year >= 2020);
    assert_int_equal(pid, tid);
    assert_int_equal(number, 1);
}

static void
test_report_line_in_json_is_a_document(void **state)
{
    (void)state;
    run("line", "log=log,format=json");
    assert_string_equal(text_of("log", false),
                        "{\n  \"line\": \"1: malloc(24) = 0x1000\"\n}\n"
                        "{\n  \"line\": \"2: second\"\n}\n");
}

static void
test_report_line_that_is_long_is_whole(void **state)
{
    (void)state;
    run("long_line", "log=log,log-prefix=none");
    assert_int_equal(strlen(text_of("log", true)), 3001);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_line_has_its_number),
        TEST(test_report_line_on_stderr_says_whose_it_is),
        TEST(test_report_line_has_every_prefix),
        TEST(test_report_line_in_json_is_a_document),
        TEST(test_report_line_that_is_long_is_whole),
    };

    if (argc > 1)
        return run_case(cases, ARRAY_COUNT(cases), argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
