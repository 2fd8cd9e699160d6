/*
 * test_guardpage.c - which blocks get guard pages.
 */
#include "guard/guardpage.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "conf/conf.h"
#include "os/clock.h"

static int
start(void **state)
{
    (void)state;
    unsetenv("DBGMALLOC_OPTS");
    conf_init(NULL);
    return 0;
}

static unsigned
due_of(const char *options, unsigned blocks, size_t size)
{
    struct guardpage_turn turn = {0};
    unsigned due = 0;

    assert_int_equal(conf_apply("no-guard,no-guard-sample"), 0);
    assert_int_equal(conf_apply(options), 0);
    guardpage_start();
    for (unsigned i = 0; i < blocks; i++)
        due += guardpage_is_due(&turn, size);
    return due;
}

static void
test_guardpage_is_due_every_nth(void **state)
{
    (void)state;
    assert_int_equal(due_of("guard=above", 1000, 10), 1000);
    assert_true(guardpage_is_all());
    assert_int_equal(due_of("guard=below:10", 1000, 10), 100);
    assert_false(guardpage_is_all());
    assert_true(guardpage_is_on());
}

static void
test_guardpage_is_due_sample_has_its_mean(void **state)
{
    unsigned due;

    (void)state;
    due = due_of("guard-sample=100,seed=7", 100000, 10);
    assert_in_range(due, 900, 1100);
    /* The same seed, the next generator: another sequence of that mean. */
    due = due_of("guard-sample=1,seed=7", 1000, 10);
    assert_int_equal(due, 1000);
    due = due_of("guard-sample=10,seed=7", 1000, 100000);
    assert_int_equal(due, 0);
}

/* However fast a thread makes blocks: one in 5,000 is one a millisecond. */
static void
test_guardpage_is_due_sparse_sample_is_spread_in_time(void **state)
{
    uint64_t begin = clock_now();
    unsigned due;

    (void)state;
    due = due_of("guard-sample=5000,seed=7", 10000000, 10);
    assert_in_range(due, 1, (clock_now() - begin) / 1000000 + 1);
}

static void
test_guardpage_start_off(void **state)
{
    (void)state;
    assert_int_equal(conf_apply("no-guard,no-guard-sample"), 0);
    guardpage_start();
    assert_false(guardpage_is_on());
    assert_false(guardpage_is_all());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guardpage_is_due_every_nth),
        cmocka_unit_test(test_guardpage_is_due_sample_has_its_mean),
        cmocka_unit_test(test_guardpage_is_due_sparse_sample_is_spread_in_time),
        cmocka_unit_test(test_guardpage_start_off),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
