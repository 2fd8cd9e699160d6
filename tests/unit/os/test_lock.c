/*
 * test_lock.c - the futex lock: exclusion, owners, freezing, ranks.
 */
#include "os/lock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/signal.h"

#define THREADS 4
#define ROUNDS 20000

static struct lock lock = LOCK_INIT(LOCK_RANK_HEAP);
static unsigned long counter; /* guarded by `lock` */

static void *
count_up(void *context)
{
    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        lock_take(&lock);
        counter++;
        lock_give(&lock);
    }
    return NULL;
}

static void *
count_up_masked(void *context)
{
    (void)context;
    for (int i = 0; i < ROUNDS / 10; i++) {
        lock_take_masked(&lock);
        counter++;
        lock_give_masked(&lock);
    }
    return NULL;
}

static void *
count_up_trying(void *context)
{
    (void)context;
    for (int i = 0; i < ROUNDS; i++) {
        while (!lock_try(&lock))
            (void)sched_yield();
        counter++;
        lock_give(&lock);
    }
    return NULL;
}

static void
run_threads(void *(*run)(void *))
{
    pthread_t threads[THREADS];

    counter = 0;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&lock.word), 0);
}

static void
test_lock_take_by_threads_excludes(void **state)
{
    (void)state;
    run_threads(count_up);
    assert_int_equal(counter, THREADS * ROUNDS);
}

static void
test_lock_take_masked_by_threads_excludes(void **state)
{
    (void)state;
    run_threads(count_up_masked);
    assert_int_equal(counter, THREADS * (ROUNDS / 10));
}

static void
test_lock_try_by_threads_excludes(void **state)
{
    (void)state;
    run_threads(count_up_trying);
    assert_int_equal(counter, THREADS * ROUNDS);
}

static void *
take_and_tell(void *context)
{
    lock_take(&lock);
    atomic_store((_Atomic int *)context, 1);
    lock_give(&lock);
    return NULL;
}

/* The taker sleeps in the kernel (the word's lowest bit says so) until it is
 * woken. */
static void
test_lock_give_wakes_a_sleeper(void **state)
{
    _Atomic int is_done = 0;
    pthread_t thread;

    (void)state;
    lock_take(&lock);
    assert_int_equal(pthread_create(&thread, NULL, take_and_tell, &is_done), 0);
    while ((atomic_load(&lock.word) & 1) == 0)
        (void)sched_yield();
    assert_int_equal(atomic_load(&is_done), 0);
    lock_give(&lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&is_done), 1);
    assert_int_equal(atomic_load(&lock.word), 0);
}

static void *
look_from_outside(void *context)
{
    bool *is_right = context;
    bool was_taken = lock_try(&lock);

    if (was_taken)
        lock_give(&lock);
    *is_right = !was_taken && !lock_is_mine(&lock);
    return NULL;
}

static void
test_lock_is_mine_only_for_the_holder(void **state)
{
    bool is_right = false;
    pthread_t thread;

    (void)state;
    assert_false(lock_is_mine(&lock));
    lock_take(&lock);
    assert_true(lock_is_mine(&lock));
    assert_false(lock_try(&lock));
    assert_int_equal(
        pthread_create(&thread, NULL, look_from_outside, &is_right), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(is_right);
    lock_give(&lock);
    assert_false(lock_is_mine(&lock));
}

static void
test_lock_try_free_takes(void **state)
{
    (void)state;
    assert_true(lock_try(&lock));
    assert_true(lock_is_mine(&lock));
    lock_give(&lock);
}

static void
test_lock_zeroed_is_free(void **state)
{
    struct lock zeroed;

    (void)state;
    memset(&zeroed, 0, sizeof(zeroed));
    lock_take(&zeroed);
    assert_true(lock_is_mine(&zeroed));
    lock_give(&zeroed);
    assert_false(lock_is_mine(&zeroed));
}

static uint64_t
mask_now(void)
{
    return signal_block_mask(0);
}

static void
test_lock_take_masked_blocks_signals_inside(void **state)
{
    uint64_t before = mask_now();

    (void)state;
    lock_take_masked(&lock);
    assert_true((mask_now() & UINT64_C(1) << (SIGUSR1 - 1)) != 0);
    assert_true((mask_now() & UINT64_C(1) << (SIGPROF - 1)) != 0);
    lock_give_masked(&lock);
    assert_true(mask_now() == before);
}

static void
test_lock_reset_frees_whoever_held_it(void **state)
{
    (void)state;
    lock_take(&lock);
    lock_reset(&lock);
    assert_false(lock_is_mine(&lock));
    lock_take(&lock);
    lock_give(&lock);
    assert_int_equal(atomic_load(&lock.word), 0);
}

/* As front/fork does it: the child resets what the parent had taken. */
static void
test_lock_reset_in_a_forked_child_frees(void **state)
{
    int status = 0;
    pid_t child;

    (void)state;
    lock_take(&lock);
    child = fork();
    if (child == 0) {
        lock_reset(&lock);
        lock_take(&lock);
        lock_give(&lock);
        _exit(lock_is_mine(&lock) ? 1 : 0);
    }
    lock_give(&lock);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
test_lock_freeze_begin_own_takes_do_nothing(void **state)
{
    uint64_t mask = mask_now();

    (void)state;
    lock_take_to_freeze(&lock);
    lock_freeze_begin();
    lock_take(&lock);
    assert_true(lock_try(&lock));
    lock_give(&lock);
    lock_give(&lock);
    lock_take_masked(&lock);
    assert_true(mask_now() == mask);
    lock_give_masked(&lock);
    assert_true(lock_is_mine(&lock));
    assert_int_not_equal(atomic_load(&lock.word), 0);
    lock_freeze_end();
    assert_true(lock_is_mine(&lock));
    lock_give(&lock);
    assert_int_equal(atomic_load(&lock.word), 0);
}

static void
test_lock_freeze_begin_others_still_wait(void **state)
{
    _Atomic int is_done = 0;
    pthread_t thread;

    (void)state;
    lock_take_to_freeze(&lock);
    lock_freeze_begin();
    assert_int_equal(pthread_create(&thread, NULL, take_and_tell, &is_done), 0);
    while ((atomic_load(&lock.word) & 1) == 0)
        (void)sched_yield();
    assert_int_equal(atomic_load(&is_done), 0);
    lock_freeze_end();
    lock_give(&lock);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&is_done), 1);
}

static void
test_lock_wait_other_value_returns_at_once(void **state)
{
    _Atomic uint32_t word = 5;

    (void)state;
    errno = 77;
    assert_int_equal(lock_wait(&word, 4, 0), -EAGAIN);
    assert_int_equal(errno, 77);
}

static void
test_lock_wait_limit_ends_it(void **state)
{
    _Atomic uint32_t word = 5;
    uint64_t start = clock_now();

    (void)state;
    assert_int_equal(lock_wait(&word, 5, 2000000), -ETIMEDOUT);
    assert_true(clock_now() - start >= 2000000);
}

static void *
set_and_wake(void *context)
{
    _Atomic uint32_t *word = context;

    atomic_store(word, 1);
    lock_wake(word, 1);
    return NULL;
}

static void
test_lock_wake_ends_a_wait(void **state)
{
    _Atomic uint32_t word = 0;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, set_and_wake, &word), 0);
    while (atomic_load(&word) == 0)
        (void)lock_wait(&word, 0, 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

#ifdef DBGMALLOC_DEBUG

static struct lock low = LOCK_INIT(LOCK_RANK_META);
static struct lock low2 = LOCK_INIT(LOCK_RANK_META);
static struct lock high = LOCK_INIT(LOCK_RANK_TRACK);

static void
take_upwards(void)
{
    lock_take(&low);
    lock_take(&high);
}

static void
take_twice(void)
{
    lock_take(&low);
    lock_take(&low);
}

static void
take_same_rank(void)
{
    lock_take(&low);
    lock_take(&low2);
}

static void
give_untaken(void)
{
    lock_give(&low);
}

static void
take_in_order(void)
{
    lock_take(&high);
    lock_take(&low);
    lock_give(&high);
    lock_give(&low);
    lock_take(&high);
    lock_give(&high);
    /* A try cannot wait, so its order does not matter. */
    lock_take(&low);
    if (!lock_try(&high))
        _exit(1);
    lock_give(&high);
    lock_give(&low);
    lock_take_to_freeze(&low);
    lock_take_to_freeze(&low2);
    lock_freeze_begin();
    lock_take(&high);
    lock_give(&high);
    lock_freeze_end();
    lock_reset(&low);
    lock_give(&low2);
    lock_take(&high);
}

/* ends_by_abort - true if `run` in a child is stopped by BUG_IF. */
static bool
ends_by_abort(void (*run)(void))
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)close(2);
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void
test_lock_take_against_the_order_is_a_bug(void **state)
{
    (void)state;
    assert_true(ends_by_abort(take_upwards));
    assert_true(ends_by_abort(take_same_rank));
    assert_true(ends_by_abort(take_twice));
    assert_true(ends_by_abort(give_untaken));
}

static void
test_lock_take_in_order_is_no_bug(void **state)
{
    (void)state;
    assert_false(ends_by_abort(take_in_order));
}

#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_take_by_threads_excludes),
        cmocka_unit_test(test_lock_take_masked_by_threads_excludes),
        cmocka_unit_test(test_lock_try_by_threads_excludes),
        cmocka_unit_test(test_lock_give_wakes_a_sleeper),
        cmocka_unit_test(test_lock_is_mine_only_for_the_holder),
        cmocka_unit_test(test_lock_try_free_takes),
        cmocka_unit_test(test_lock_zeroed_is_free),
        cmocka_unit_test(test_lock_take_masked_blocks_signals_inside),
        cmocka_unit_test(test_lock_reset_frees_whoever_held_it),
        cmocka_unit_test(test_lock_reset_in_a_forked_child_frees),
        cmocka_unit_test(test_lock_freeze_begin_own_takes_do_nothing),
        cmocka_unit_test(test_lock_freeze_begin_others_still_wait),
        cmocka_unit_test(test_lock_wait_other_value_returns_at_once),
        cmocka_unit_test(test_lock_wait_limit_ends_it),
        cmocka_unit_test(test_lock_wake_ends_a_wait),
#ifdef DBGMALLOC_DEBUG
        cmocka_unit_test(test_lock_take_against_the_order_is_a_bug),
        cmocka_unit_test(test_lock_take_in_order_is_no_bug),
#endif
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
