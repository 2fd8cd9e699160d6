/*
 * Unit tests of monitor/onsignal and monitor/oncrash: whose handlers are
 * installed, and whose are left alone.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/oncrash.h"
#include "monitor/onsignal.h"
#include "monitor/periodic.h"

typedef void handler(int);

static void
own(int number)
{
    (void)number;
}

static handler *
handler_of(int number)
{
    struct sigaction now;

    assert_int_equal(sigaction(number, NULL, &now), 0);
    return now.sa_handler;
}

static int
reset(void **state)
{
    (void)state;
    onsignal_install(PERIODIC_REPORT, 0);
    oncrash_install(0);
    assert_true(signal(SIGUSR1, SIG_DFL) != SIG_ERR);
    assert_true(signal(SIGHUP, SIG_DFL) != SIG_ERR);
    return 0;
}

static void
test_onsignal_install_number_sets_handler(void **state)
{
    (void)state;
    onsignal_install(PERIODIC_REPORT, SIGUSR1);

    assert_true(handler_of(SIGUSR1) != SIG_DFL);
}

static void
test_onsignal_install_zero_restores_default(void **state)
{
    (void)state;
    onsignal_install(PERIODIC_REPORT, SIGUSR1);
    onsignal_install(PERIODIC_REPORT, 0);

    assert_true(handler_of(SIGUSR1) == SIG_DFL);
}

static void
test_onsignal_install_zero_keeps_programs_handler(void **state)
{
    (void)state;
    onsignal_install(PERIODIC_REPORT, SIGUSR1);
    assert_true(signal(SIGUSR1, own) != SIG_ERR);
    onsignal_install(PERIODIC_REPORT, 0);

    assert_true(handler_of(SIGUSR1) == own);
}

static void
test_oncrash_install_default_signal_gets_handler(void **state)
{
    (void)state;
    oncrash_install(UINT64_C(1) << (SIGHUP - 1));

    assert_true(handler_of(SIGHUP) != SIG_DFL);
}

static void
test_oncrash_install_ignored_signal_stays_ignored(void **state)
{
    (void)state;
    assert_true(signal(SIGHUP, SIG_IGN) != SIG_ERR);
    oncrash_install(UINT64_C(1) << (SIGHUP - 1));

    assert_true(handler_of(SIGHUP) == SIG_IGN);
}

static void
test_oncrash_install_programs_handler_is_left(void **state)
{
    (void)state;
    assert_true(signal(SIGHUP, own) != SIG_ERR);
    oncrash_install(UINT64_C(1) << (SIGHUP - 1));

    assert_true(handler_of(SIGHUP) == own);
}

static void
test_oncrash_install_empty_mask_restores_default(void **state)
{
    (void)state;
    oncrash_install(UINT64_C(1) << (SIGHUP - 1));
    oncrash_install(0);

    assert_true(handler_of(SIGHUP) == SIG_DFL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_onsignal_install_number_sets_handler, reset, reset),
        cmocka_unit_test_setup_teardown(
            test_onsignal_install_zero_restores_default, reset, reset),
        cmocka_unit_test_setup_teardown(
            test_onsignal_install_zero_keeps_programs_handler, reset, reset),
        cmocka_unit_test_setup_teardown(
            test_oncrash_install_default_signal_gets_handler, reset, reset),
        cmocka_unit_test_setup_teardown(
            test_oncrash_install_ignored_signal_stays_ignored, reset, reset),
        cmocka_unit_test_setup_teardown(
            test_oncrash_install_programs_handler_is_left, reset, reset),
        cmocka_unit_test_setup_teardown(
            test_oncrash_install_empty_mask_restores_default, reset, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
