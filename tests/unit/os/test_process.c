/*
 * test_process.c - environment, auxiliary vector, names, limits, endings.
 */
#include "os/process.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

/* The program's own name and arguments, for tests that run it again. */
static char **arguments;

static void
test_process_env_variables_are_found(void **state)
{
    (void)state;
    assert_int_equal(setenv("DBGMALLOC_TEST", "value", 1), 0);
    assert_int_equal(setenv("DBGMALLOC_EMPTY", "", 1), 0);
    assert_string_equal(process_env("DBGMALLOC_TEST"), "value");
    assert_string_equal(process_env("DBGMALLOC_EMPTY"), "");
    assert_null(process_env("DBGMALLOC_TES"));
    assert_null(process_env("DBGMALLOC_TEST="));
    assert_null(process_env("DBGMALLOC_TESTS"));
    assert_int_equal(unsetenv("DBGMALLOC_TEST"), 0);
    assert_null(process_env("DBGMALLOC_TEST"));
}

/* run_again - run this program with argument `what`; its exit status. */
static int
run_again(const char *what, const char *variable, const char *value)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)setenv(variable, value, 1);
        (void)execl("/proc/self/exe", arguments[0], what, (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

/* Before libc has set environ, the kernel's copy serves. */
static int
early(void)
{
    const char *value;

    environ = NULL;
    value = process_env("DBGMALLOC_EARLY");
    if (value == NULL || strlen(value) != strspn(value, "x"))
        return 1;
    if (process_env("DBGMALLOC_NOT_THERE") != NULL)
        return 2;
    if (process_env("DBGMALLOC_EARLY") != value)
        return 3;
    return strlen(value) > 100000 ? 10 : 0;
}

static void
test_process_env_before_libc_reads_proc(void **state)
{
    (void)state;
    assert_int_equal(run_again("early", "DBGMALLOC_EARLY", "xxx"), 0);
}

static void
test_process_env_before_libc_large_is_read(void **state)
{
    static char value[120000];

    (void)state;
    memset(value, 'x', sizeof(value) - 1);
    assert_int_equal(run_again("early", "DBGMALLOC_EARLY", value), 10);
}

static int
cleared(void)
{
    if (process_env("DBGMALLOC_EARLY") == NULL)
        return 1;
    (void)clearenv();
    return process_env("DBGMALLOC_EARLY") == NULL ? 0 : 2;
}

static void
test_process_env_after_clearenv_finds_nothing(void **state)
{
    (void)state;
    assert_int_equal(run_again("cleared", "DBGMALLOC_EARLY", "x"), 0);
}

static void
test_process_aux_agrees_with_libc(void **state)
{
    (void)state;
    assert_int_equal(process_aux(AT_PAGESZ), getauxval(AT_PAGESZ));
    assert_int_equal(process_aux(AT_PHDR), getauxval(AT_PHDR));
    errno = 77;
    assert_int_equal(process_aux(0x7fffffff), 0);
    assert_int_equal(errno, 77);
}

static void
test_process_is_secure_plain_program_is_not(void **state)
{
    (void)state;
    assert_false(process_is_secure());
}

static void
test_process_random_differs_each_time(void **state)
{
    uint64_t a = process_random();
    uint64_t b = process_random();

    (void)state;
    assert_true(a != b);
    assert_true(a != 0);
}

static void
test_process_path_is_this_program(void **state)
{
    char expected[1024];
    char path[1024];
    char name[64];
    ssize_t n = readlink("/proc/self/exe", expected, sizeof(expected) - 1);

    (void)state;
    assert_true(n > 0);
    expected[n] = '\0';
    assert_string_equal(process_path(path, sizeof(path)), expected);
    assert_int_equal(path[0], '/');
    assert_string_equal(process_name(name, sizeof(name)),
                        strrchr(expected, '/') + 1);
}

static void
test_process_path_short_buffer_is_cut(void **state)
{
    char path[5] = "zzzz";
    char whole[1024];

    (void)state;
    (void)process_path(whole, sizeof(whole));
    (void)process_path(path, sizeof(path));
    assert_int_equal(strlen(path), 4);
    assert_memory_equal(path, whole, 4);
}

static int
deleted(void)
{
    char before[1024];
    char after[1024];

    (void)process_path(before, sizeof(before));
    if (unlink(before) != 0)
        return 1;
    return strcmp(before, process_path(after, sizeof(after))) == 0 ? 0 : 2;
}

static void
test_process_path_of_a_deleted_program_is_its_path(void **state)
{
    char copy[] = "/tmp/test_process_XXXXXX";
    char command[2200];
    char path[1024];
    int status;
    int fd = mkstemp(copy);

    (void)state;
    assert_true(fd >= 0);
    (void)close(fd);
    (void)snprintf(command, sizeof(command),
                   "cp '%s' %s && chmod +x %s && %s deleted",
                   process_path(path, sizeof(path)), copy, copy, copy);
    status = system(command); /* fixed words and our own paths */
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_process_command_line_joins_arguments(void **state)
{
    char line[4096];
    char expected[4096];

    (void)state;
    (void)snprintf(expected, sizeof(expected), "%s", arguments[0]);
    assert_string_equal(process_command_line(line, sizeof(line)), expected);
    assert_int_equal(run_again("two words", "DBGMALLOC_X", ""), 0);
}

static int
check_command_line(void)
{
    char line[4096];
    char cut[4];
    size_t n = strlen(process_command_line(line, sizeof(line)));
    size_t tail = strlen(" two words");

    if (n < tail || strcmp(line + n - tail, " two words") != 0)
        return 1;
    (void)process_command_line(cut, sizeof(cut));
    return strlen(cut) == 3 && memcmp(cut, line, 3) == 0 ? 0 : 2;
}

static void
test_process_host_agrees_with_libc(void **state)
{
    char expected[256];
    char host[256];

    (void)state;
    assert_int_equal(gethostname(expected, sizeof(expected)), 0);
    assert_string_equal(process_host(host, sizeof(host)), expected);
}

static void
test_process_uid_agrees_with_libc(void **state)
{
    (void)state;
    assert_int_equal(process_uid(), getuid());
    assert_int_equal(process_parent_id(), getppid());
}

static void
test_process_address_limit_follows_setrlimit(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        struct rlimit limit = {.rlim_cur = UINT64_C(1) << 45,
                               .rlim_max = UINT64_C(1) << 45};

        if (process_address_limit() != UINT64_MAX)
            _exit(2);
        if (setrlimit(RLIMIT_AS, &limit) != 0)
            _exit(3);
        _exit(process_address_limit() == UINT64_C(1) << 45 ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) > 1)
        skip();
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_process_max_maps_is_the_kernels(void **state)
{
    FILE *file = fopen("/proc/sys/vm/max_map_count", "r");
    unsigned long expected = 65530;

    (void)state;
    if (file != NULL) {
        assert_int_equal(fscanf(file, "%lu", &expected), 1);
        (void)fclose(file);
    }
    assert_int_equal(process_max_maps(), expected);
}

/* run_child - run in a child; its status, and what it said on fd 2. */
static int
run_child(void (*run)(void), char *said, size_t size)
{
    int status = 0;
    size_t done = 0;
    int ends[2];
    ssize_t n;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        (void)dup2(ends[1], 2);
        (void)close(ends[0]);
        (void)close(ends[1]);
        run();
        _exit(0);
    }
    (void)close(ends[1]);
    while ((n = read(ends[0], said + done, size - 1 - done)) > 0)
        done += (size_t)n;
    said[done] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void
never(void)
{
    (void)write(2, "handler", 7);
}

static void
exit_at_once(void)
{
    (void)atexit(never);
    process_exit(42);
}

static void
test_process_exit_runs_no_handlers(void **state)
{
    char said[64];
    int status = run_child(exit_at_once, said, sizeof(said));

    (void)state;
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 42);
    assert_string_equal(said, "");
}

static void
abort_though_blocked(void)
{
    sigset_t set;

    (void)signal(SIGABRT, SIG_IGN);
    (void)sigfillset(&set);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    process_abort();
}

static void
test_process_abort_blocked_and_ignored_still_ends(void **state)
{
    char said[64];
    int status = run_child(abort_though_blocked, said, sizeof(said));

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void
break_invariant(void)
{
    volatile int two = 2;

    BUG_IF(two == 1);
    BUG_IF(two == 2);
}

static void
test_bug_if_true_says_one_line_and_aborts(void **state)
{
    char said[512];
    int status = run_child(break_invariant, said, sizeof(said));

    (void)state;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(
        text_match("dbgmalloc: bug: *test_process.c:*: two == 2\n", said));
}

static void
warn(void)
{
    process_warn("%s is %d", "x", 5);
}

static void
test_process_warn_is_one_line(void **state)
{
    char said[512];

    (void)state;
    assert_int_equal(run_child(warn, said, sizeof(said)), 0);
    assert_string_equal(said, "dbgmalloc: x is 5\n");
}

static void
warn_much(void)
{
    process_warn("%2000d", 5);
}

static void
test_process_warn_too_long_is_cut_to_a_line(void **state)
{
    char said[1024];

    (void)state;
    assert_int_equal(run_child(warn_much, said, sizeof(said)), 0);
    assert_in_range(strlen(said), 400, 512);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_process_env_variables_are_found),
        cmocka_unit_test(test_process_env_before_libc_reads_proc),
        cmocka_unit_test(test_process_env_before_libc_large_is_read),
        cmocka_unit_test(test_process_env_after_clearenv_finds_nothing),
        cmocka_unit_test(test_process_aux_agrees_with_libc),
        cmocka_unit_test(test_process_is_secure_plain_program_is_not),
        cmocka_unit_test(test_process_random_differs_each_time),
        cmocka_unit_test(test_process_path_is_this_program),
        cmocka_unit_test(test_process_path_short_buffer_is_cut),
        cmocka_unit_test(test_process_path_of_a_deleted_program_is_its_path),
        cmocka_unit_test(test_process_command_line_joins_arguments),
        cmocka_unit_test(test_process_host_agrees_with_libc),
        cmocka_unit_test(test_process_uid_agrees_with_libc),
        cmocka_unit_test(test_process_address_limit_follows_setrlimit),
        cmocka_unit_test(test_process_max_maps_is_the_kernels),
        cmocka_unit_test(test_process_exit_runs_no_handlers),
        cmocka_unit_test(test_process_abort_blocked_and_ignored_still_ends),
        cmocka_unit_test(test_bug_if_true_says_one_line_and_aborts),
        cmocka_unit_test(test_process_warn_is_one_line),
        cmocka_unit_test(test_process_warn_too_long_is_cut_to_a_line),
    };

    arguments = argv;
    if (argc == 2 && strcmp(argv[1], "early") == 0)
        return early();
    if (argc == 2 && strcmp(argv[1], "cleared") == 0)
        return cleared();
    if (argc == 2 && strcmp(argv[1], "deleted") == 0)
        return deleted();
    if (argc == 2 && strcmp(argv[1], "two words") == 0)
        return check_command_line();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
