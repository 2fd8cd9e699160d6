/*
 * test_thread.c - who is running, and threads of our own.
 */
#include "os/thread.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/lock.h"
#include "os/signal.h"

/* What a thread of ours found. `is_done` is set last. */
struct found {
    _Atomic uint32_t is_done;
    _Atomic uint32_t may_end;
    int id;
    uint64_t mask;
    char name[16];
};

static void
look_around(void *context)
{
    struct found *found = context;

    found->id = thread_id();
    found->mask = signal_block_mask(0);
    (void)prctl(PR_SET_NAME, "looking");
    atomic_store(&found->is_done, 1);
    lock_wake(&found->is_done, 1);
    while (atomic_load(&found->may_end) == 0)
        (void)lock_wait(&found->may_end, 0, 0);
}

static void
start_and_wait(struct found *found)
{
    assert_int_equal(thread_start(look_around, found), 0);
    while (atomic_load(&found->is_done) == 0)
        (void)lock_wait(&found->is_done, 0, 0);
}

static void
let_end(struct found *found)
{
    atomic_store(&found->may_end, 1);
    lock_wake(&found->may_end, 1);
}

static void
test_thread_id_agrees_with_libc(void **state)
{
    (void)state;
    assert_int_equal(thread_id(), syscall(SYS_gettid));
    assert_int_equal(thread_process_id(), getpid());
}

static struct found first; /* outlives its thread */

static void
test_thread_start_runs_with_signals_blocked(void **state)
{
    uint64_t before = signal_block_mask(0);

    (void)state;
    start_and_wait(&first);
    assert_int_not_equal(first.id, thread_id());
    for (int number = 1; number <= 64; number++) {
        bool is_blocked = (first.mask >> (number - 1) & 1) != 0;
        bool is_for_libc = number >= 32 && number < SIGRTMIN;

        /* KILL and STOP cannot be; libc's own must not be. */
        if (number != SIGKILL && number != SIGSTOP)
            assert_true(is_blocked != is_for_libc);
    }
    assert_true(signal_block_mask(0) == before);
    let_end(&first);
}

static struct found second;

static void
test_thread_name_of_each_thread_is_read(void **state)
{
    char name[16];
    char before[16];

    (void)state;
    start_and_wait(&second);
    assert_string_equal(thread_name(second.id, name, sizeof(name)), "looking");
    assert_int_equal(prctl(PR_GET_NAME, before), 0);
    assert_string_equal(thread_name(thread_id(), name, sizeof(name)), before);
    let_end(&second);
}

static void
test_thread_name_unknown_is_a_question_mark(void **state)
{
    char name[16];

    (void)state;
    assert_string_equal(thread_name(0x7ffffff0, name, sizeof(name)), "?");
}

static void
test_thread_name_short_buffer_is_cut(void **state)
{
    char name[3];

    (void)state;
    assert_int_equal(prctl(PR_SET_NAME, "abcdef"), 0);
    assert_string_equal(thread_name(thread_id(), name, sizeof(name)), "ab");
}

static unsigned threads_at_start;
static struct found counted[3];

static void
test_thread_count_follows_threads(void **state)
{
    unsigned before = threads_at_start;

    (void)state;
    assert_true(before >= 1);
    /* The earlier tests' threads end by themselves. */
    while (thread_count() > before)
        (void)sched_yield();
    for (int i = 0; i < 3; i++)
        start_and_wait(&counted[i]);
    assert_int_equal(thread_count(), before + 3);
    for (int i = 0; i < 3; i++)
        let_end(&counted[i]);
}

/* setuid asks each thread by a signal of libc's own; it would never return if
 * a thread of ours had it blocked. */
static struct found asked;

static void
test_thread_start_thread_answers_libc(void **state)
{
    (void)state;
    start_and_wait(&asked);
    (void)alarm(20); /* ends the test if setuid hangs */
    assert_int_equal(setuid(getuid()), 0);
    (void)alarm(0);
    let_end(&asked);
}

static void
test_thread_sleep_lasts_as_long(void **state)
{
    uint64_t start = clock_now();

    (void)state;
    thread_sleep(3000000);
    assert_true(clock_now() - start >= 3000000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thread_id_agrees_with_libc),
        cmocka_unit_test(test_thread_start_runs_with_signals_blocked),
        cmocka_unit_test(test_thread_name_of_each_thread_is_read),
        cmocka_unit_test(test_thread_name_unknown_is_a_question_mark),
        cmocka_unit_test(test_thread_name_short_buffer_is_cut),
        cmocka_unit_test(test_thread_count_follows_threads),
        cmocka_unit_test(test_thread_start_thread_answers_libc),
        cmocka_unit_test(test_thread_sleep_lasts_as_long),
    };

    threads_at_start = thread_count();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
