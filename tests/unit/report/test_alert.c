/*
 * test_alert.c - findings that were noticed: said at once, counted, and kept.
 *
 * The log is a file and fd 2 is another; both are read back.
 */
#include "report/alert.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/conf.h"
#include "report/log.h"
#include "report/report.h"

static const struct trace
    here = {.id = 1, .count = 1, .file = "prog.c", .line = 12, .pc = {0x1000}},
    there = {.id = 2, .count = 1, .file = "prog.c", .line = 20, .pc = {0x2000}};

static char alert_log[] = "/tmp/dbgmalloc-alert-XXXXXX";
static char err_name[] = "/tmp/dbgmalloc-err-XXXXXX";
static char text[1 << 20];
static int err_fd;   /* the file that is fd 2 while a case runs */
static int saved_fd; /* the fd 2 of cmocka */

static struct finding
make(enum finding_kind kind, const struct trace *trace)
{
    struct finding finding;

    memset(&finding, 0, sizeof(finding));
    finding.kind = kind;
    finding.number = 1;
    finding.call = ORIGIN_FREE;
    finding.trace = trace;
    finding.addr = 0x1234;
    finding.place = FINDING_PLACE_UNMAPPED;
    return finding;
}

static void
report(enum finding_kind kind, const struct trace *trace)
{
    struct finding finding = make(kind, trace);

    report_finding(&finding);
}

static const char *
read_back(const char *name)
{
    int fd = open(name, O_RDONLY);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, text, sizeof(text) - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    assert_int_equal(close(fd), 0);
    return text;
}

static unsigned
count_of(const char *where, const char *what)
{
    unsigned count = 0;

    for (const char *at = where; (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

static void
use(const char *options)
{
    enum log_hold hold = log_hold();

    alert_forget();
    log_release(hold);
    assert_int_equal(conf_apply(options), 0);
    assert_int_equal(truncate(alert_log, 0), 0);
    assert_int_equal(truncate(err_name, 0), 0);
    report_reopen();
}

static int
start(void **state)
{
    char options[128];

    (void)state;
    (void)snprintf(options, sizeof(options), "log=%s,format=text,print",
                   alert_log);
    use(options);
    return dup2(err_fd, 2) == 2 ? 0 : -1;
}

static int
finish(void **state)
{
    (void)state;
    return dup2(saved_fd, 2) == 2 ? 0 : -1;
}

static void
test_report_finding_says_all_in_the_log_and_less_on_stderr(void **state)
{
    (void)state;
    report(FINDING_FOREIGN_FREE, &here);
    assert_int_equal(count_of(read_back(alert_log), "(foreign-free)\n"), 1);
    assert_int_equal(count_of(text, "  likely: "), 1);
    assert_int_equal(count_of(read_back(err_name),
                              "dbgmalloc: finding 1: free of an address that "
                              "was never allocated: 0x1234"),
                     1);
    assert_int_equal(count_of(text, "prog.c:12"), 1);
    assert_int_equal(count_of(text, "likely"), 0);
}

static void
test_report_finding_no_print_spares_stderr(void **state)
{
    (void)state;
    use("no-print");
    report(FINDING_FOREIGN_FREE, &here);
    assert_string_not_equal(read_back(alert_log), "");
    assert_string_equal(read_back(err_name), "");
}

static void
test_report_finding_log_on_stderr_says_it_once(void **state)
{
    (void)state;
    use("log=stderr");
    report(FINDING_FOREIGN_FREE, &here);
    assert_int_equal(count_of(read_back(err_name), "finding 1"), 1);
    assert_int_equal(count_of(text, "  likely: "), 1);
}

static void
test_report_finding_repeated_is_said_at_powers_of_ten(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 150; i++)
        report(FINDING_FOREIGN_FREE, &here);
    assert_int_equal(count_of(read_back(alert_log), "dbgmalloc: finding"), 3);
    assert_int_equal(count_of(text, "(noticed 10 times so far)"), 1);
    assert_int_equal(count_of(text, "(noticed 100 times so far)"), 1);
}

static void
test_report_finding_different_traces_or_kinds_are_said(void **state)
{
    (void)state;
    report(FINDING_FOREIGN_FREE, &here);
    report(FINDING_FOREIGN_FREE, &there);
    report(FINDING_REALLOC_FOREIGN, &here);
    assert_int_equal(count_of(read_back(alert_log), "dbgmalloc: finding"), 3);
}

static void
test_report_finding_without_traces_differs_by_address(void **state)
{
    struct finding finding = make(FINDING_FOREIGN_FREE, NULL);

    (void)state;
    report_finding(&finding);
    report_finding(&finding);
    finding.addr++;
    report_finding(&finding);
    assert_int_equal(count_of(read_back(alert_log), "dbgmalloc: finding"), 2);
}

static void
test_report_finding_too_many_different_are_counted_only(void **state)
{
    struct finding finding = make(FINDING_FOREIGN_FREE, NULL);

    (void)state;
    use("log=none,no-print");
    for (unsigned i = 0; i < ALERT_DIFFERENT_MAX; i++) {
        finding.kind = (enum finding_kind)(i % 7);
        finding.addr++;
        report_finding(&finding);
    }
    assert_int_equal(conf_apply("print"), 0);
    for (unsigned i = 0; i < 5; i++) {
        finding.addr++;
        report_finding(&finding);
    }
    assert_int_equal(count_of(read_back(err_name), "dbgmalloc:"), 1);
    assert_int_equal(count_of(text, "only counted"), 1);
}

/* One kind of which there are many leaves room for the others. */
static void
test_report_finding_of_one_kind_is_bounded(void **state)
{
    struct finding finding = make(FINDING_FOREIGN_FREE, NULL);

    (void)state;
    use("no-print");
    for (unsigned i = 0; i < ALERT_KIND_MAX + 5; i++) {
        finding.addr++;
        report_finding(&finding);
    }
    assert_int_equal(count_of(read_back(alert_log), "only counted"), 1);
    assert_int_equal(count_of(text, "  likely: "), ALERT_FULL_MAX);
    assert_int_equal(count_of(text, "dbgmalloc: finding"),
                     ALERT_KIND_MAX);
    finding.kind = FINDING_DOUBLE_FREE;
    report_finding(&finding);
    assert_int_equal(count_of(read_back(alert_log), "dbgmalloc: finding"),
                     ALERT_KIND_MAX + 1);
}

static void
test_report_finding_in_json_is_kept_and_counted(void **state)
{
    struct finding kept;
    uint64_t times = 0;

    (void)state;
    use("format=json");
    report(FINDING_FOREIGN_FREE, &here);
    report(FINDING_FOREIGN_FREE, &there);
    report(FINDING_FOREIGN_FREE, &here);
    assert_string_equal(read_back(alert_log), "");
    assert_int_equal(count_of(read_back(err_name), "dbgmalloc: finding"), 2);
    assert_true(alert_kept(0, &kept, &times));
    assert_ptr_equal(kept.trace, &here);
    assert_int_equal(times, 2);
    assert_true(alert_kept(1, &kept, &times));
    assert_int_equal(times, 1);
    assert_false(alert_kept(2, &kept, &times));
}

static void
test_report_finding_kept_has_a_copy_of_its_text(void **state)
{
    struct finding finding = make(FINDING_OVERRUN, &here);
    char during[] = "heap check";
    uint64_t times;

    (void)state;
    use("format=json,no-print");
    finding.during = during;
    report_finding(&finding);
    during[0] = 'X';
    assert_true(alert_kept(0, &finding, &times));
    assert_string_equal(finding.during, "heap check");
}

static void
test_report_finding_inside_goes_to_stderr(void **state)
{
    enum log_hold hold = log_hold();

    (void)state;
    assert_int_equal(hold, LOG_HOLD_LOCK);
    report(FINDING_FOREIGN_FREE, &here);
    log_release(hold);
    assert_string_equal(read_back(alert_log), "");
    assert_int_equal(count_of(read_back(err_name), "dbgmalloc: finding"), 1);
}

static int
redirect(void **state)
{
    int log = mkstemp(alert_log);

    (void)state;
    err_fd = mkstemp(err_name);
    saved_fd = dup(2);
    if (log < 0 || err_fd < 0 || saved_fd < 0 || close(log) != 0)
        return -1;
    if (fcntl(err_fd, F_SETFL, O_APPEND) != 0 || dup2(err_fd, 2) != 2)
        return -1;
    /* From now on report knows the file as its fd 2. */
    report_open();
    return dup2(saved_fd, 2) == 2 ? 0 : -1;
}

static int
remove_files(void **state)
{
    (void)state;
    report_reopen();
    return unlink(alert_log) + unlink(err_name);
}

#define TEST(test_case)                                                        \
    cmocka_unit_test_setup_teardown(test_case, start, finish)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_report_finding_says_all_in_the_log_and_less_on_stderr),
        TEST(test_report_finding_no_print_spares_stderr),
        TEST(test_report_finding_log_on_stderr_says_it_once),
        TEST(test_report_finding_repeated_is_said_at_powers_of_ten),
        TEST(test_report_finding_different_traces_or_kinds_are_said),
        TEST(test_report_finding_without_traces_differs_by_address),
        TEST(test_report_finding_too_many_different_are_counted_only),
        TEST(test_report_finding_of_one_kind_is_bounded),
        TEST(test_report_finding_in_json_is_kept_and_counted),
        TEST(test_report_finding_kept_has_a_copy_of_its_text),
        TEST(test_report_finding_inside_goes_to_stderr),
    };

    (void)unsetenv("DBGMALLOC_OPTS");
    conf_set_formats("text|json");
    conf_init(NULL);
    return cmocka_run_group_tests(tests, redirect, remove_files);
}
