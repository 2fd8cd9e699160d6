/*
 * test_log.c - where reports go: descriptors, forks and the lock.
 */
#include "report/log.h"

#include <pthread.h>

#include "cases.h"

static void
case_stderr_reused(void)
{
    int mine = open("victim", O_RDWR | O_CREAT, 0600);

    say("one\n");
    NEED(mine >= 0 && dup2(mine, 2) == 2);
    say("two\n");
    NEED(lseek(mine, 0, SEEK_END) == 0);
}

static void
case_stderr_closed_from_the_start(void)
{
    int mine;

    /* As after `app 2>&-`: the first file that is opened gets number 2. */
    NEED(close(2) == 0);
    report_open();
    mine = open("victim", O_RDWR | O_CREAT, 0600);
    NEED(mine == 2);
    say("one\n");
    NEED(lseek(mine, 0, SEEK_END) == 0);
}

static void
case_descriptor_of_the_program(void)
{
    int fd = open("five", O_WRONLY | O_CREAT, 0600);

    NEED(dup2(fd, 5) == 5);
    report_open();
    say("one\n");
    NEED(close(5) == 0);
    say("two\n");
    say("three\n");
}

static void
case_two_writes(void)
{
    say("one\n");
    say("two\n");
}

static void
case_inside(void)
{
    enum log_hold hold = log_hold();

    NEED(hold == LOG_HOLD_LOCK);
    say("from a handler\n");
    log_release(hold);
    say("after it\n");
}

static void
case_frozen(void)
{
    report_freeze();
    say("one\n");
    report_thaw();
    say("two\n");
}

static void
case_fork(void)
{
    pid_t pid;

    say("parent\n");
    pid = fork();
    if (pid == 0) {
        report_child(1);
        note_child();
        say("child\n");
        _exit(0);
    }
    wait_for(pid);
    say("parent again\n");
}

/* Neither had written when they parted. */
static void
case_fork_early(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        report_child(1);
        note_child();
        say("child\n");
        _exit(0);
    }
    wait_for(pid);
    say("parent\n");
}

static void
case_fork_twice(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        report_child(1);
        say("child\n");
        pid = fork();
        if (pid == 0) {
            report_child(2);
            note_child();
            say("grandchild\n");
            _exit(0);
        }
        wait_for(pid);
        _exit(0);
    }
    wait_for(pid);
}

static void
case_path(void)
{
    char path[PATH_MAX];

    make_file("path", report_path(path, sizeof(path)));
    make_file("is_file", report_is_file() ? "yes" : "no");
}

/* Many lines of one letter each, by threads and by processes. */
static void *
write_letters(void *letter)
{
    char line[301];

    memset(line, *(const char *)letter, sizeof(line) - 1);
    line[sizeof(line) - 1] = '\n';
    for (unsigned i = 0; i < 50; i++)
        report_write(line, sizeof(line));
    return NULL;
}

static void
case_together(void)
{
    static char letters[] = "abcd";
    pthread_t threads[4];
    pid_t pid = fork();

    if (pid == 0)
        report_child(1);
    for (unsigned i = 0; i < 4; i++)
        NEED(pthread_create(&threads[i], NULL, write_letters, &letters[i]) ==
             0);
    for (unsigned i = 0; i < 4; i++)
        NEED(pthread_join(threads[i], NULL) == 0);
    if (pid == 0)
        _exit(0);
    wait_for(pid);
}

static const struct test_case cases[] = {
    {"stderr_reused", case_stderr_reused, true},
    {"stderr_closed", case_stderr_closed_from_the_start, false},
    {"descriptor_of_the_program", case_descriptor_of_the_program, false},
    {"two_writes", case_two_writes, true},
    {"inside", case_inside, true},
    {"frozen", case_frozen, true},
    {"fork", case_fork, true},
    {"fork_early", case_fork_early, true},
    {"fork_twice", case_fork_twice, true},
    {"path", case_path, true},
    {"together", case_together, true},
};

static void
test_report_write_stderr_reused_spares_the_programs_file(void **state)
{
    (void)state;
    run("stderr_reused", "log=stderr");
    assert_string_equal(text_of("victim", false), "");
    assert_string_equal(text_of("stderr", false), "one\n");
}

static void
test_report_write_stderr_never_open_spares_the_programs_file(void **state)
{
    (void)state;
    run("stderr_closed", "log=stderr");
    assert_string_equal(text_of("victim", false), "");
}

static void
test_report_write_to_a_closed_descriptor_goes_to_stderr(void **state)
{
    (void)state;
    run("descriptor_of_the_program", "log=fd:5");
    assert_string_equal(text_of("five", false), "one\n");
    assert_string_equal(
        text_of("stderr", false),
        "dbgmalloc: cannot write to the log fd 5: the program closed or reused "
        "the descriptor\ntwo\nthree\n");
}

static void
test_report_write_none_is_silent(void **state)
{
    (void)state;
    run("two_writes", "log=none");
    assert_false(exists("none"));
    assert_string_equal(text_of("stderr", false), "");
}

static void
test_report_write_inside_goes_to_stderr(void **state)
{
    (void)state;
    run("inside", "log=log");
    assert_string_equal(text_of("stderr", false), "from a handler\n");
    assert_string_equal(text_of("log", true), "after it\n");
}

static void
test_report_write_while_frozen_by_itself_writes(void **state)
{
    (void)state;
    run("frozen", "log=log");
    assert_string_equal(text_of("log", true), "one\ntwo\n");
}

static void
test_report_child_split_has_a_file_of_its_own(void **state)
{
    (void)state;
    run("fork", "log=log");
    assert_string_equal(text_of("log", true), "parent\nparent again\n");
    assert_string_equal(text_of(child_log("log"), true), "child\n");
}

static void
test_report_child_split_with_p_names_it_by_that(void **state)
{
    char name[128];

    (void)state;
    run("fork", "log=log-%p-%n");
    (void)snprintf(name, sizeof(name), "log-%s-1", text_of("child", false));
    assert_string_equal(text_of(name, true), "child\n");
}

static void
test_report_child_split_of_a_child_has_one_suffix(void **state)
{
    (void)state;
    run("fork_twice", "log=log");
    assert_false(exists("log"));
    assert_string_equal(text_of(child_log("log"), true), "grandchild\n");
}

static void
test_report_child_share_writes_to_the_same_file(void **state)
{
    (void)state;
    run("fork", "log=log,log-child=share");
    assert_string_equal(text_of("log", true), "parent\nchild\nparent again\n");
}

static void
test_report_child_share_before_the_first_write_loses_nothing(void **state)
{
    (void)state;
    run("fork_early", "log=log,log-child=share");
    assert_non_null(strstr(text_of("log", false), "child\n"));
    assert_non_null(strstr(text_of("log", false), "parent\n"));
}

static void
test_report_child_off_is_silent(void **state)
{
    (void)state;
    run("fork", "log=log,log-child=off");
    assert_string_equal(text_of("log", true), "parent\nparent again\n");
    assert_false(exists(child_log("log")));
    assert_string_equal(text_of("stderr", false), "");
}

static void
test_report_path_is_absolute(void **state)
{
    (void)state;
    run("path", "log=log");
    assert_int_equal(
        strncmp(text_of("path", false), directory, strlen(directory)), 0);
    assert_string_equal(text_of("is_file", false), "yes");
}

static void
test_report_path_of_no_file_is_a_word(void **state)
{
    (void)state;
    run("path", "log=stdout");
    assert_string_equal(text_of("path", false), "stdout");
    assert_string_equal(text_of("is_file", false), "no");
    run("path", "log=fd:7");
    assert_string_equal(text_of("path", false), "fd 7");
    run("path", "log=none");
    assert_string_equal(text_of("path", false), "none");
    run("path", "");
    assert_string_equal(text_of("path", false), "stderr");
}

static void
test_report_write_by_many_is_not_interleaved(void **state)
{
    static char line[4096];
    unsigned lines = 0;
    FILE *file;

    (void)state;
    run("together", "log=log,log-child=share");
    file = fopen(path_of("log"), "rb");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "dbgmalloc ", 10) == 0 || line[0] == '\n')
            continue;
        assert_int_equal(strlen(line), 301);
        assert_int_equal(strspn(line, (char[]){line[0], '\0'}), 300);
        lines++;
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(lines, 2 * 4 * 50);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_write_stderr_reused_spares_the_programs_file),
        TEST(test_report_write_stderr_never_open_spares_the_programs_file),
        TEST(test_report_write_to_a_closed_descriptor_goes_to_stderr),
        TEST(test_report_write_none_is_silent),
        TEST(test_report_write_inside_goes_to_stderr),
        TEST(test_report_write_while_frozen_by_itself_writes),
        TEST(test_report_child_split_has_a_file_of_its_own),
        TEST(test_report_child_split_with_p_names_it_by_that),
        TEST(test_report_child_split_of_a_child_has_one_suffix),
        TEST(test_report_child_share_writes_to_the_same_file),
        TEST(test_report_child_share_before_the_first_write_loses_nothing),
        TEST(test_report_child_off_is_silent),
        TEST(test_report_path_is_absolute),
        TEST(test_report_path_of_no_file_is_a_word),
        TEST(test_report_write_by_many_is_not_interleaved),
    };

    if (argc > 1)
        return run_case(cases, ARRAY_COUNT(cases), argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
