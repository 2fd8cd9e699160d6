/*
 * test_signal.c - names, handlers and masks.
 */
#include "os/signal.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unwind.h>

#include "os/thread.h"

static int
from_name(const char *name)
{
    return signal_from_name(name, strlen(name));
}

static void
test_signal_from_name_spellings_are_read(void **state)
{
    (void)state;
    assert_int_equal(from_name("USR1"), SIGUSR1);
    assert_int_equal(from_name("SIGUSR1"), SIGUSR1);
    assert_int_equal(from_name("sigusr1"), SIGUSR1);
    assert_int_equal(from_name("Hup"), SIGHUP);
    assert_int_equal(from_name("10"), 10);
    assert_int_equal(from_name("64"), 64);
    assert_int_equal(from_name("CLD"), SIGCHLD);
    assert_int_equal(from_name("IOT"), SIGABRT);
    assert_int_equal(signal_from_name("TERMINAL", 4), SIGTERM);
}

static void
test_signal_from_name_real_time_counts(void **state)
{
    (void)state;
    assert_int_equal(from_name("RTMIN"), SIGRTMIN);
    assert_int_equal(from_name("SIGRTMIN+2"), SIGRTMIN + 2);
    assert_int_equal(from_name("rtmax-3"), SIGRTMAX - 3);
    assert_int_equal(from_name("RTMAX"), SIGRTMAX);
    assert_int_equal(from_name("RTMIN+31"), -EINVAL);
    assert_int_equal(from_name("RTMIN-1"), -EINVAL);
    assert_int_equal(from_name("RTMAX+1"), -EINVAL);
    assert_int_equal(from_name("RTMIN+"), -EINVAL);
    assert_int_equal(from_name("RTMIN+99999999999"), -EINVAL);
}

static void
test_signal_from_name_wrong_is_refused(void **state)
{
    (void)state;
    assert_int_equal(from_name(""), -EINVAL);
    assert_int_equal(from_name("SIG"), -EINVAL);
    assert_int_equal(from_name("0"), -EINVAL);
    assert_int_equal(from_name("65"), -EINVAL);
    assert_int_equal(from_name("10x"), -EINVAL);
    assert_int_equal(from_name("-1"), -EINVAL);
    assert_int_equal(from_name("USR"), -EINVAL);
    assert_int_equal(from_name("USR11"), -EINVAL);
    assert_int_equal(from_name("nonsense"), -EINVAL);
}

static void
test_signal_name_each_number_is_read_back(void **state)
{
    char name[16];

    (void)state;
    for (int number = 1; number <= 64; number++) {
        if (number >= 32 && number < SIGRTMIN)
            continue;
        assert_int_equal(from_name(signal_name(number, name, sizeof(name))),
                         number);
    }
    assert_string_equal(signal_name(SIGSEGV, name, sizeof(name)), "SIGSEGV");
    assert_string_equal(signal_name(SIGCHLD, name, sizeof(name)), "SIGCHLD");
    assert_string_equal(signal_name(SIGABRT, name, sizeof(name)), "SIGABRT");
    assert_string_equal(signal_name(SIGRTMIN, name, sizeof(name)), "SIGRTMIN");
    assert_string_equal(signal_name(SIGRTMIN + 4, name, sizeof(name)),
                        "SIGRTMIN+4");
}

static void
test_signal_name_unknown_is_a_number(void **state)
{
    char name[16];

    (void)state;
    assert_string_equal(signal_name(70, name, sizeof(name)), "signal 70");
    assert_string_equal(signal_name(32, name, sizeof(name)), "signal 32");
    assert_string_equal(signal_name(0, name, sizeof(name)), "signal 0");
}

static volatile sig_atomic_t handled;
static volatile sig_atomic_t usr2_was_blocked;

static void
handle(int number)
{
    handled += number;
    usr2_was_blocked =
        (signal_block_mask(0) & UINT64_C(1) << (SIGUSR2 - 1)) != 0;
}

static void
test_signal_set_handler_runs_and_returns(void **state)
{
    struct signal_action action = {.handler = (void *)handle,
                                   .mask = UINT64_C(1) << (SIGUSR2 - 1)};
    struct signal_action old;
    struct signal_action again;

    (void)state;
    handled = 0;
    errno = 77;
    assert_int_equal(signal_set(SIGUSR1, &action, &old), 0);
    assert_int_equal(signal_send(thread_id(), SIGUSR1), 0);
    assert_int_equal(handled, SIGUSR1);
    assert_int_equal(usr2_was_blocked, 1);
    assert_true((signal_block_mask(0) & UINT64_C(1) << (SIGUSR2 - 1)) == 0);
    assert_int_equal(signal_set(SIGUSR1, &old, &again), 0);
    assert_ptr_equal(again.handler, (void *)handle);
    assert_true(again.mask == action.mask);
    assert_true(again.flags == action.flags);
    assert_int_equal(errno, 77);
}

/* A handler that libc installed comes back as it was, and still works. */
static void
test_signal_set_libc_handler_is_put_back(void **state)
{
    struct signal_action ignore = {.handler = (void *)SIG_IGN};
    struct signal_action old;
    struct sigaction now;

    (void)state;
    handled = 0;
    (void)signal(SIGUSR1, handle);
    assert_int_equal(signal_set(SIGUSR1, &ignore, &old), 0);
    (void)raise(SIGUSR1);
    assert_int_equal(handled, 0);
    assert_int_equal(signal_set(SIGUSR1, &old, NULL), 0);
    (void)raise(SIGUSR1);
    assert_int_equal(handled, SIGUSR1);
    assert_int_equal(sigaction(SIGUSR1, NULL, &now), 0);
    assert_true(now.sa_handler == handle);
    assert_int_equal(now.sa_flags & SA_RESTART, SA_RESTART);
    (void)signal(SIGUSR1, SIG_DFL);
}

static void
test_signal_get_tells_what_is_set(void **state)
{
    struct signal_action action;

    (void)state;
    assert_int_equal(signal_get(SIGUSR1, &action), 0);
    assert_ptr_equal(action.handler, (void *)SIG_DFL);
    (void)signal(SIGUSR1, SIG_IGN);
    assert_int_equal(signal_get(SIGUSR1, &action), 0);
    assert_ptr_equal(action.handler, (void *)SIG_IGN);
    (void)signal(SIGUSR1, SIG_DFL);
    assert_int_equal(signal_get(99, &action), -EINVAL);
}

static void
test_signal_set_kill_is_refused(void **state)
{
    struct signal_action action = {.handler = (void *)SIG_IGN};

    (void)state;
    assert_int_equal(signal_set(SIGKILL, &action, NULL), -EINVAL);
}

static void
test_signal_block_all_delays_until_restore(void **state)
{
    struct signal_action action = {.handler = (void *)handle};
    uint64_t mask;

    (void)state;
    handled = 0;
    assert_int_equal(signal_set(SIGUSR1, &action, NULL), 0);
    mask = signal_block_all();
    assert_int_equal(signal_send(thread_id(), SIGUSR1), 0);
    assert_int_equal(handled, 0);
    signal_restore(mask);
    assert_int_equal(handled, SIGUSR1);
    (void)signal(SIGUSR1, SIG_DFL);
}

static void
test_signal_block_mask_adds_to_the_mask(void **state)
{
    uint64_t usr1 = UINT64_C(1) << (SIGUSR1 - 1);
    uint64_t usr2 = UINT64_C(1) << (SIGUSR2 - 1);
    uint64_t before = signal_block_mask(usr1);

    (void)state;
    assert_true(signal_block_mask(usr2) == (before | usr1));
    assert_true(signal_block_mask(0) == (before | usr1 | usr2));
    signal_restore(before);
    assert_true(signal_block_mask(0) == before);
}

static void
test_signal_send_nobody_gives_esrch(void **state)
{
    (void)state;
    assert_int_equal(signal_send(0x7ffffff0, SIGUSR1), -ESRCH);
}

static void
raise_inside(int number)
{
    signal_raise_default(number);
    _exit(0);
}

static void
test_signal_raise_default_in_its_handler_ends_by_it(void **state)
{
    int status = 0;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        (void)signal(SIGTERM, raise_inside);
        (void)raise(SIGTERM);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void
test_signal_raise_default_harmless_returns(void **state)
{
    uint64_t mask = signal_block_mask(UINT64_C(1) << (SIGWINCH - 1));

    (void)state;
    signal_raise_default(SIGWINCH);
    assert_true((signal_block_mask(0) & UINT64_C(1) << (SIGWINCH - 1)) != 0);
    signal_restore(mask);
}

static volatile uintptr_t raiser; /* a place in the function that raised */
static volatile int frames_to_raiser;

static _Unwind_Reason_Code
count_frame(struct _Unwind_Context *context, void *p)
{
    int *count = p;
    uintptr_t pc = _Unwind_GetIP(context);

    (*count)++;
    if (pc - raiser < 512) {
        frames_to_raiser = *count;
        return _URC_END_OF_STACK;
    }
    return *count < 50 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void
unwind_here(int number)
{
    int count = 0;

    (void)number;
    (void)_Unwind_Backtrace(count_frame, &count);
}

static void __attribute__((noinline)) raise_and_look(void)
{
    raiser = (uintptr_t)raise_and_look;
    (void)signal_send(thread_id(), SIGUSR1);
    __asm__ volatile("" : : : "memory");
}

/* Unwinders see through a handler's frame though the trampoline is ours. */
static void
test_signal_set_handler_can_be_unwound(void **state)
{
    struct signal_action action = {.handler = (void *)unwind_here};

    (void)state;
    frames_to_raiser = 0;
    assert_int_equal(signal_set(SIGUSR1, &action, NULL), 0);
    raise_and_look();
    (void)signal(SIGUSR1, SIG_DFL);
    assert_in_range(frames_to_raiser, 2, 10);
}

static void
test_signal_heard_leaves_out_what_is_ignored(void **state)
{
    const struct signal_action ignored = {.handler = (void *)SIG_IGN};
    const struct signal_action none = {.handler = (void *)SIG_DFL};
    uint64_t heard = signal_heard();

    (void)state;
    assert_true((heard >> (SIGCHLD - 1) & 1) == 0);
    assert_true((heard >> (SIGUSR2 - 1) & 1) == 1);
    assert_int_equal(signal_set(SIGUSR2, &ignored, NULL), 0);
    assert_true((signal_heard() >> (SIGUSR2 - 1) & 1) == 0);
    assert_int_equal(signal_set(SIGUSR2, &none, NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signal_from_name_spellings_are_read),
        cmocka_unit_test(test_signal_from_name_real_time_counts),
        cmocka_unit_test(test_signal_from_name_wrong_is_refused),
        cmocka_unit_test(test_signal_name_each_number_is_read_back),
        cmocka_unit_test(test_signal_name_unknown_is_a_number),
        cmocka_unit_test(test_signal_set_handler_runs_and_returns),
        cmocka_unit_test(test_signal_set_libc_handler_is_put_back),
        cmocka_unit_test(test_signal_get_tells_what_is_set),
        cmocka_unit_test(test_signal_set_kill_is_refused),
        cmocka_unit_test(test_signal_block_all_delays_until_restore),
        cmocka_unit_test(test_signal_block_mask_adds_to_the_mask),
        cmocka_unit_test(test_signal_send_nobody_gives_esrch),
        cmocka_unit_test(test_signal_raise_default_in_its_handler_ends_by_it),
        cmocka_unit_test(test_signal_raise_default_harmless_returns),
        cmocka_unit_test(test_signal_set_handler_can_be_unwound),
        cmocka_unit_test(test_signal_heard_leaves_out_what_is_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
