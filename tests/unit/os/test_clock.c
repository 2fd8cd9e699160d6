/*
 * test_clock.c - clocks that run, and dates against libc's.
 */
#include "os/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <time.h>

#include "base/hash.h"

static void
test_clock_now_never_goes_back(void **state)
{
    uint64_t last = clock_now();

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t now = clock_now();

        assert_true(now >= last);
        last = now;
    }
}

static void
test_clock_coarse_is_not_after_now(void **state)
{
    uint64_t coarse = clock_coarse();
    uint64_t now = clock_now();

    (void)state;
    assert_true(coarse <= now);
}

static void
test_clock_unix_agrees_with_libc(void **state)
{
    struct timespec before;
    struct timespec after;
    uint64_t now;

    (void)state;
    (void)clock_gettime(CLOCK_REALTIME, &before);
    now = clock_unix() / UINT64_C(1000000000);
    (void)clock_gettime(CLOCK_REALTIME, &after);
    assert_in_range(now, before.tv_sec, after.tv_sec);
}

static void
test_clock_cpu_runs_while_we_work(void **state)
{
    uint64_t start = clock_cpu();
    volatile unsigned work = 0;

    (void)state;
    assert_true(start > 0);
    while (clock_cpu() == start)
        work = work + 1;
    assert_true(clock_cpu() > start);
}

static void
check_text(uint64_t s, const char *expected)
{
    char text[24];

    assert_string_equal(
        clock_text(text, sizeof(text), s * UINT64_C(1000000000) + 999999999),
        expected);
}

static void
test_clock_text_known_times_are_written(void **state)
{
    (void)state;
    check_text(0, "1970-01-01T00:00:00Z");
    check_text(951782399, "2000-02-28T23:59:59Z");
    check_text(951782400, "2000-02-29T00:00:00Z");
    check_text(1709251199, "2024-02-29T23:59:59Z");
    check_text(1709251200, "2024-03-01T00:00:00Z");
    check_text(1735689599, "2024-12-31T23:59:59Z");
    check_text(4107542400, "2100-03-01T00:00:00Z");
}

static void
test_clock_text_any_time_agrees_with_libc(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        /* Up to the year 2554, the last that fits. */
        time_t s = (time_t)(hash_u64(i) % UINT64_C(18446744072));
        char expected[32];
        struct tm fields;

        (void)gmtime_r(&s, &fields);
        (void)strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%SZ",
                       &fields);
        check_text((uint64_t)s, expected);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_now_never_goes_back),
        cmocka_unit_test(test_clock_coarse_is_not_after_now),
        cmocka_unit_test(test_clock_unix_agrees_with_libc),
        cmocka_unit_test(test_clock_cpu_runs_while_we_work),
        cmocka_unit_test(test_clock_text_known_times_are_written),
        cmocka_unit_test(test_clock_text_any_time_agrees_with_libc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
