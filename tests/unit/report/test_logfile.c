/*
 * test_logfile.c - the log as a file of its own.
 */
#include "report/logfile.h"

#include <sys/file.h>

#include "cases.h"

/* Make the file older than this process. */
static void
make_old_file(const char *path, const char *text)
{
    const struct timespec old[2] = {{1000000000, 0}, {1000000000, 0}};

    make_file(path, text);
    NEED(utimensat(AT_FDCWD, path, old, 0) == 0);
}

/* The descriptor of ours that has `name` open for writing, or -1. */
static int
find_descriptor(const char *name)
{
    for (int fd = 3; fd < 1024; fd++) {
        char link[64];
        char path[PATH_MAX];
        ssize_t n;

        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        n = readlink(link, path, sizeof(path) - 1);
        if (n < 0)
            continue;
        path[n] = '\0';
        if (strcmp(strrchr(path, '/') + 1, name) == 0)
            return fd;
    }
    return -1;
}

static void
case_silent(void)
{
}

static void
case_two_writes(void)
{
    say("one\n");
    say("two\n");
}

static void
case_old_file(void)
{
    make_old_file("log", "old\n");
    say("new\n");
}

static void
case_young_file(void)
{
    make_file("log", "of this life\n");
    say("new\n");
}

static void
case_held_file(void)
{
    int fd;

    make_old_file("log", "theirs\n");
    fd = open("log", O_RDWR);
    NEED(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    say("ours\n");
    NEED(find_descriptor("log") == fd);
}

static void
case_high_descriptor(void)
{
    say("one\n");
    NEED(find_descriptor("log") >= 200);
    NEED(fcntl(find_descriptor("log"), F_GETFD) == FD_CLOEXEC);
}

/* The program closes a descriptor that is not its own, and gets the number
 * again for a file of its own. */
static void
case_descriptor_reused(void)
{
    int fd;
    int mine;

    say("one\n");
    fd = find_descriptor("log");
    NEED(fd >= 0 && close(fd) == 0);
    mine = open("victim", O_RDWR | O_CREAT, 0600);
    NEED(mine >= 0 && dup2(mine, fd) == fd);
    say("two\n");
    say("three\n");
    NEED(lseek(mine, 0, SEEK_END) == 0);
    NEED(fcntl(fd, F_GETFD) >= 0);
}

static void
case_descriptor_closed(void)
{
    say("one\n");
    NEED(close(find_descriptor("log")) == 0);
    say("two\n");
}

/* The number is the same file again, but open for reading only. */
static void
case_descriptor_read_only(void)
{
    int fd;
    int mine;

    say("one\n");
    fd = find_descriptor("log");
    NEED(close(fd) == 0);
    mine = open("log", O_RDONLY);
    NEED(mine >= 0 && dup2(mine, fd) == fd);
    say("two\n");
}

static void
case_renamed(void)
{
    say("one\n");
    NEED(rename("log", "log.1") == 0);
    say("two\n");
    report_reopen();
    say("three\n");
}

static void
case_chdir(void)
{
    NEED(mkdir("sub", 0700) == 0 && chdir("sub") == 0);
    say("one\n");
}

/* A program that was started by one under the library, with its options. */
static void
case_exec_child(void)
{
    pid_t pid;

    say("parent\n");
    pid = fork();
    if (pid == 0)
        exec_self("noted");
    wait_for(pid);
    say("parent again\n");
}

static void
case_noted(void)
{
    note_child();
    say("child\n");
}

/* The same process becomes another program. */
static void
case_exec(void)
{
    say("before\n");
    exec_self("after_exec");
}

static void
case_after_exec(void)
{
    say("after\n");
}

static const struct test_case cases[] = {
    {"silent", case_silent, true},
    {"two_writes", case_two_writes, true},
    {"old_file", case_old_file, true},
    {"young_file", case_young_file, true},
    {"held_file", case_held_file, true},
    {"high_descriptor", case_high_descriptor, true},
    {"descriptor_reused", case_descriptor_reused, true},
    {"descriptor_closed", case_descriptor_closed, true},
    {"descriptor_read_only", case_descriptor_read_only, true},
    {"renamed", case_renamed, true},
    {"chdir", case_chdir, true},
    {"exec_child", case_exec_child, true},
    {"noted", case_noted, true},
    {"exec", case_exec, true},
    {"after_exec", case_after_exec, true},
};

static void
test_report_write_nothing_leaves_no_file(void **state)
{
    (void)state;
    run("silent", "log=log");
    assert_false(exists("log"));
    assert_string_equal(text_of("stderr", false), "");
}

static void
test_report_write_twice_is_one_file(void **state)
{
    (void)state;
    run("two_writes", "log=log");
    assert_string_equal(text_of("log", true), "one\ntwo\n");
    assert_string_equal(text_of("stderr", false), "");
}

static void
test_report_write_over_an_old_file_replaces_it(void **state)
{
    (void)state;
    run("old_file", "log=log");
    assert_string_equal(text_of("log", true), "new\n");
}

static void
test_report_write_with_plus_appends(void **state)
{
    (void)state;
    run("old_file", "log=+log");
    assert_int_equal(strncmp(text_of("log", false), "old\ndbgmalloc ", 14), 0);
    assert_non_null(strstr(text_of("log", false), "\nnew\n"));
}

static void
test_report_write_to_what_was_written_meanwhile_appends(void **state)
{
    (void)state;
    run("young_file", "log=log");
    assert_non_null(strstr(text_of("log", false), "of this life\n"));
    assert_non_null(strstr(text_of("log", false), "new\n"));
}

static void
test_report_write_to_a_file_in_use_takes_another(void **state)
{
    (void)state;
    run("held_file", "log=log");
    assert_string_equal(text_of("log", false), "theirs\n");
    assert_string_equal(text_of(find_sibling("log."), true), "ours\n");
}

static void
test_report_write_keeps_clear_of_low_descriptors(void **state)
{
    (void)state;
    run("high_descriptor", "log=log");
    assert_string_equal(text_of("log", true), "one\n");
}

static void
test_report_write_after_reuse_spares_the_programs_file(void **state)
{
    (void)state;
    run("descriptor_reused", "log=log");
    assert_string_equal(text_of("victim", false), "");
    assert_string_equal(text_of("log", true), "one\ntwo\nthree\n");
}

static void
test_report_write_after_close_reopens(void **state)
{
    (void)state;
    run("descriptor_closed", "log=log");
    assert_string_equal(text_of("log", true), "one\ntwo\n");
    assert_string_equal(text_of("stderr", false), "");
}

static void
test_report_write_to_a_reader_reopens(void **state)
{
    (void)state;
    run("descriptor_read_only", "log=log");
    assert_string_equal(text_of("log", true), "one\ntwo\n");
}

static void
test_report_reopen_after_rename_makes_a_new_file(void **state)
{
    (void)state;
    run("renamed", "log=log");
    assert_string_equal(text_of("log.1", true), "one\ntwo\n");
    assert_string_equal(text_of("log", true), "three\n");
}

static void
test_report_write_to_a_full_disk_is_said_once(void **state)
{
    const char *text;
    const char *said;

    (void)state;
    run("two_writes", "log=/dev/full");
    text = text_of("stderr", false);
    said = strstr(text, "cannot write to the log /dev/full: no space left");
    assert_non_null(said);
    assert_null(strstr(said + 1, "cannot"));
    assert_non_null(strstr(text, "one\n"));
    assert_non_null(strstr(text, "two\n"));
}

static void
test_report_write_without_directory_is_said_once(void **state)
{
    const char *text;
    const char *said;

    (void)state;
    run("two_writes", "log=no/such/log");
    text = text_of("stderr", false);
    said = strstr(text, "cannot open the log ");
    assert_non_null(said);
    assert_non_null(strstr(said, "no/such/log: no such directory\n"));
    assert_null(strstr(said + 1, "cannot"));
    assert_non_null(strstr(text, "two\n"));
}

static void
test_report_write_relative_means_the_start_directory(void **state)
{
    (void)state;
    run("chdir", "log=log");
    assert_string_equal(text_of("log", true), "one\n");
    assert_false(exists("sub/log"));
}

static void
test_report_write_of_an_exec_child_has_a_file_of_its_own(void **state)
{
    (void)state;
    run("exec_child", "log=log");
    assert_string_equal(text_of("log", true), "parent\nparent again\n");
    assert_string_equal(text_of(child_log("log"), true), "child\n");
}

static void
test_report_write_of_an_exec_child_shares(void **state)
{
    (void)state;
    run("exec_child", "log=log,log-child=share");
    assert_non_null(strstr(text_of("log", true), "parent\n"));
    assert_non_null(strstr(text_of("log", true), "child\n"));
    assert_non_null(strstr(text_of("log", true), "parent again\n"));
}

static void
test_report_write_of_an_exec_child_off_is_silent(void **state)
{
    (void)state;
    run("exec_child", "log=log,log-child=off");
    assert_string_equal(text_of("log", true), "parent\nparent again\n");
    assert_false(exists(child_log("log")));
}

static void
test_report_write_after_exec_keeps_what_was_written(void **state)
{
    (void)state;
    run("exec", "log=log");
    assert_non_null(strstr(text_of("log", true), "before\n"));
    assert_non_null(strstr(text_of("log", true), "after\n"));
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_write_nothing_leaves_no_file),
        TEST(test_report_write_twice_is_one_file),
        TEST(test_report_write_over_an_old_file_replaces_it),
        TEST(test_report_write_with_plus_appends),
        TEST(test_report_write_to_what_was_written_meanwhile_appends),
        TEST(test_report_write_to_a_file_in_use_takes_another),
        TEST(test_report_write_keeps_clear_of_low_descriptors),
        TEST(test_report_write_after_reuse_spares_the_programs_file),
        TEST(test_report_write_after_close_reopens),
        TEST(test_report_write_to_a_reader_reopens),
        TEST(test_report_reopen_after_rename_makes_a_new_file),
        TEST(test_report_write_to_a_full_disk_is_said_once),
        TEST(test_report_write_without_directory_is_said_once),
        TEST(test_report_write_relative_means_the_start_directory),
        TEST(test_report_write_of_an_exec_child_has_a_file_of_its_own),
        TEST(test_report_write_of_an_exec_child_shares),
        TEST(test_report_write_of_an_exec_child_off_is_silent),
        TEST(test_report_write_after_exec_keeps_what_was_written),
    };

    if (argc > 1)
        return run_case(cases, ARRAY_COUNT(cases), argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
