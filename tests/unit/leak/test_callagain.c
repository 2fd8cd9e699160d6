/*
 * test_callagain.c - calls that signals interrupt again and again.
 *
 * A thread waits in a call; another sends it signals whose handler has the call
 * go on, until the wait is over. No call may say that it was interrupted, and
 * none may end before its time.
 */
#include "leak/callagain.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "os/arch/arch.h"
#include "os/clock.h"
#include "os/signal.h"
#include "os/thread.h"

/* Long enough for some signals to come, whatever else the machine does. */
#define WAIT_MS 40
#define WAIT_NS ((uint64_t)WAIT_MS * 1000000)
#define SIGNAL_OURS SIGUSR2
#define TRIES 200

static atomic_int waiter;   /* the id of the thread that waits, or 0 */
static atomic_int is_over;  /* the wait is */
static atomic_uint stopped; /* handlers that ran */
static atomic_uint nested;  /* of those, in a call that was being finished */
static atomic_uint handled; /* handlers of the program's */

static atomic_int sent_inside; /* a signal that comes while ours is handled */
static atomic_int most = INT32_MAX; /* signals that are sent */
static atomic_bool is_blind;        /* nothing is known of the call */

/* What a stop does, without the stop: it looks before it sends. */
static _Alignas(8) struct tasks_look looked;
static atomic_int is_taken = 1; /* the last signal was handled */

static void
on_ours(int number, siginfo_t *info, void *ucontext)
{
    struct tasks_look look = looked;

    (void)info;
    atomic_fetch_add(&stopped, 1);
    if (callagain_outer(ucontext) != ucontext)
        atomic_fetch_add(&nested, 1);
    if (atomic_load(&sent_inside) != 0)
        (void)signal_send(thread_id(), atomic_load(&sent_inside));
    atomic_store(&is_taken, 1);
    callagain_fix(ucontext, &look, number);
}

static void
on_other(int number)
{
    (void)number;
    atomic_fetch_add(&handled, 1);
}

static void *
disturb(void *unused)
{
    const struct timespec nap = {0, 300000};

    (void)unused;
    for (int sent = 0; !atomic_load(&is_over);) {
        int tid = atomic_load(&waiter);

        nanosleep(&nap, NULL);
        if (tid == 0 || sent >= atomic_load(&most) ||
            !atomic_exchange(&is_taken, 0))
            continue;
        sent++;
        if (tasks_look(tid, &looked) != 0 || atomic_load(&is_blind))
            looked.has_place = false;
        (void)signal_send(tid, SIGNAL_OURS);
    }
    return NULL;
}

/* Wait in `call`, disturbed; its result, or -errno. */
static int
wait_once(int (*call)(void))
{
    uint64_t start = clock_now();
    pthread_t thread;
    int result;

    atomic_store(&stopped, 0);
    atomic_store(&nested, 0);
    atomic_store(&handled, 0);
    atomic_store(&is_over, 0);
    atomic_store(&is_taken, 1);
    atomic_store(&waiter, thread_id());
    assert_int_equal(pthread_create(&thread, NULL, disturb, NULL), 0);
    errno = 0;
    result = call();
    if (result < 0)
        result = -errno;
    atomic_store(&waiter, 0);
    atomic_store(&is_over, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(clock_now() - start >= WAIT_NS);
    return result;
}

/* On a busy machine the wait may be over before anybody disturbs it. */
static int
wait_in(int (*call)(void))
{
    const struct signal_action ours = {.handler = (void *)on_ours,
                                       .flags =
                                           SA_SIGINFO | SA_RESTART | SA_ONSTACK,
                                       .mask = UINT64_MAX};
    int result;

    assert_int_equal(signal_set(SIGNAL_OURS, &ours, NULL), 0);
    for (int i = 0; i < TRIES; i++) {
        result = wait_once(call);
        if (atomic_load(&stopped) > 0)
            return result;
    }
    fail_msg("nothing came in %d waits", TRIES);
    return -1;
}

static int
by_nanosleep(void)
{
    const struct timespec time = {0, (long)WAIT_NS};

    return nanosleep(&time, NULL);
}

static int
by_clock_nanosleep(void)
{
    const struct timespec time = {0, (long)WAIT_NS};

    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
    return errno == 0 ? 0 : -1;
}

static int
by_poll(void)
{
    return poll(NULL, 0, WAIT_MS);
}

static int
by_ppoll(void)
{
    const struct timespec time = {0, (long)WAIT_NS};

    return ppoll(NULL, 0, &time, NULL);
}

static int
by_select(void)
{
    struct timeval time = {0, WAIT_MS * 1000};

    return select(0, NULL, NULL, NULL, &time);
}

static int
by_epoll(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    int result = epoll_wait(epoll, &event, 1, WAIT_MS);

    close(epoll);
    return result;
}

/* A socket's limit begins anew with each signal, so it ends after the last. */
static int
by_receive(void)
{
    const struct timeval limit = {0, WAIT_MS * 1000};
    int ends[2];
    char byte;
    ssize_t n;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(
        setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
    atomic_store(&most, 20);
    n = recv(ends[0], &byte, 1, 0);
    atomic_store(&most, INT32_MAX);
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(n, -1);
    return errno == EAGAIN ? 0 : -1;
}

static int
by_sigtimedwait(void)
{
    const struct timespec time = {0, (long)WAIT_NS};
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGWINCH);
    return sigtimedwait(&set, NULL, &time) < 0 && errno == EAGAIN ? 0 : -1;
}

static int
by_semaphore(void)
{
    const struct timespec time = {0, (long)WAIT_NS};
    struct sembuf down = {0, -1, 0};
    int id = semget(IPC_PRIVATE, 1, 0600);
    int result;
    int error;

    if (id < 0)
        return by_poll(); /* there is no such thing here */
    result = semtimedop(id, &down, 1, &time);
    error = errno;
    (void)semctl(id, 0, IPC_RMID);
    errno = error;
    return result < 0 && errno == EAGAIN ? 0 : -1;
}

static void
test_callagain_fix_waits_with_a_limit_end_by_themselves(void **state)
{
    int (*const calls[])(void) = {
        by_nanosleep, by_clock_nanosleep, by_poll,    by_ppoll,     by_select,
        by_epoll,     by_sigtimedwait,    by_receive, by_semaphore,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        assert_int_equal(wait_in(calls[i]), 0);
}

static int
by_pselect(void)
{
    const struct timespec time = {0, (long)WAIT_NS};

    return pselect(0, NULL, NULL, NULL, &time, NULL);
}

static int
by_epoll_pwait(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event;
    sigset_t set;
    int result;

    sigemptyset(&set);
    result = epoll_pwait(epoll, &event, 1, WAIT_MS, &set);
    close(epoll);
    return result;
}

/* A thread that did not sleep when it was looked at has gone to sleep when the
 * signal comes. Libc's code tells the number, on some CPUs. */
static void
test_callagain_fix_libcs_calls_are_known_by_their_code(void **state)
{
    int (*const calls[])(void) = {
        by_nanosleep, by_clock_nanosleep, by_poll,         by_ppoll,
        by_select,    by_epoll,           by_sigtimedwait, by_receive,
        by_pselect,   by_epoll_pwait,
    };

    (void)state;
    if (ARCH_ELF_MACHINE != EM_X86_64)
        skip();
    atomic_store(&is_blind, true);
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
        assert_int_equal(wait_in(calls[i]), 0);
    atomic_store(&is_blind, false);
}

/* The second signal and each that follows finds the first one's handler. */
static void
test_callagain_fix_a_sleep_has_two_handlers_at_most(void **state)
{
    (void)state;
    for (int i = 0; i < TRIES; i++) {
        assert_int_equal(wait_in(by_nanosleep), 0);
        if (atomic_load(&nested) > 2)
            return;
    }
    fail();
}

/* On a small stack for handlers none may sleep; on a large one it may. */
static void
test_callagain_fix_small_stack_is_left_alone(void **state)
{
    static char small[16384];
    static char large[128 * 1024];
    const stack_t none = {.ss_flags = SS_DISABLE};

    (void)state;
    atomic_store(&most, 5);
    assert_int_equal(signal_stack_set(small, sizeof(small)), 0);
    assert_int_equal(wait_in(by_poll), 0);
    assert_int_equal(atomic_load(&nested), 0);
    atomic_store(&most, INT32_MAX);
    assert_int_equal(signal_stack_set(large, sizeof(large)), 0);
    assert_int_equal(wait_in(by_poll), 0);
    assert_int_equal(sigaltstack(&none, NULL), 0);
}

static atomic_int is_back; /* the interrupted call has returned */

/* Until it did: one that comes before the call began does not end it. */
static void *
interrupt(void *unused)
{
    const struct timespec nap = {0, (long)WAIT_NS};

    (void)unused;
    do {
        nanosleep(&nap, NULL);
        (void)signal_send(atomic_load(&waiter), SIGUSR1);
    } while (!atomic_load(&is_back));
    return NULL;
}

static int
by_interrupted(bool by_sleep)
{
    const struct timespec time = {1000, 0};
    pthread_t thread;
    int result;
    int error;

    atomic_store(&is_back, 0);
    assert_int_equal(pthread_create(&thread, NULL, interrupt, NULL), 0);
    result = by_sleep ? nanosleep(&time, NULL) : poll(NULL, 0, -1);
    error = errno;
    atomic_store(&is_back, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    errno = error;
    return result;
}

static int
by_endless_poll(void)
{
    return by_interrupted(false);
}

static int
by_long_sleep(void)
{
    return by_interrupted(true);
}

/* The program's own signals interrupt as ever. */
static void
test_callagain_fix_other_handlers_interrupt(void **state)
{
    const struct signal_action other = {.handler = (void *)on_other};

    (void)state;
    assert_int_equal(signal_set(SIGUSR1, &other, NULL), 0);
    assert_int_equal(wait_in(by_endless_poll), -EINTR);
    assert_true(atomic_load(&handled) >= 1);
    assert_int_equal(wait_in(by_long_sleep), -EINTR);
    assert_true(atomic_load(&handled) >= 1);
}

/* One that comes while ours is handled interrupts too, */
static void
test_callagain_fix_waiting_signal_interrupts(void **state)
{
    const struct signal_action other = {.handler = (void *)on_other};

    (void)state;
    assert_int_equal(signal_set(SIGUSR1, &other, NULL), 0);
    atomic_store(&sent_inside, SIGUSR1);
    assert_int_equal(wait_in(by_endless_poll), -EINTR);
    assert_true(atomic_load(&handled) >= 1);
    atomic_store(&sent_inside, 0);
}

/* ... but not if nobody handles it, though it waits while all is blocked. */
static void
test_callagain_fix_ignored_signal_does_not_interrupt(void **state)
{
    (void)state;
    atomic_store(&sent_inside, SIGCHLD);
    assert_int_equal(wait_in(by_nanosleep), 0);
    assert_int_equal(wait_in(by_epoll), 0);
    atomic_store(&sent_inside, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_callagain_fix_waits_with_a_limit_end_by_themselves),
        cmocka_unit_test(
            test_callagain_fix_libcs_calls_are_known_by_their_code),
        cmocka_unit_test(test_callagain_fix_a_sleep_has_two_handlers_at_most),
        cmocka_unit_test(test_callagain_fix_small_stack_is_left_alone),
        cmocka_unit_test(test_callagain_fix_other_handlers_interrupt),
        cmocka_unit_test(test_callagain_fix_waiting_signal_interrupts),
        cmocka_unit_test(test_callagain_fix_ignored_signal_does_not_interrupt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
