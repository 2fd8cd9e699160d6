/*
 * Unit tests of monitor/growth: the order of the periodic leak report.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/conf.h"
#include "monitor/collect.h"
#include "monitor/growth.h"
#include "os/clock.h"
#include "track/track.h"

/* Traces that name three sites. */
static const struct trace sites[3] = {{.id = 1}, {.id = 2}, {.id = 3}};

static void
add(struct snapshot *snapshot, int site, uint64_t bytes, uint64_t age_ns)
{
    struct snapshot_entry *entry = vector_add(&snapshot->entries);

    assert_non_null(entry);
    entry->trace = &sites[site];
    entry->bytes = bytes;
    entry->age_max_ns = age_ns;
}

static const struct trace *
trace_at(const struct snapshot *snapshot, size_t i)
{
    return VECTOR_AT(&snapshot->entries, struct snapshot_entry, i).trace;
}

/* Order a report of three sites with these bytes and ages. */
static void
report(struct snapshot *snapshot, const uint64_t bytes[3],
       const uint64_t ages_ns[3])
{
    snapshot_init(snapshot);
    for (int i = 0; i < 3; i++)
        add(snapshot, i, bytes[i], ages_ns[i]);
    growth_order(snapshot);
}

static void
test_growth_order_second_report_puts_growing_site_first(void **state)
{
    const uint64_t ages[3] = {1, 1, 1};
    const uint64_t first[3] = {1000, 10, 500};
    const uint64_t second[3] = {1000, 200, 550};
    struct snapshot snapshot;

    (void)state;
    report(&snapshot, first, ages);
    snapshot_fini(&snapshot);
    report(&snapshot, second, ages);

    assert_ptr_equal(trace_at(&snapshot, 0), &sites[1]);
    assert_ptr_equal(trace_at(&snapshot, 1), &sites[2]);
    assert_ptr_equal(trace_at(&snapshot, 2), &sites[0]);
    snapshot_fini(&snapshot);
}

static void
test_growth_order_equal_growth_puts_oldest_first(void **state)
{
    const uint64_t bytes[3] = {100, 100, 100};
    const uint64_t ages[3] = {5, 7, 6};
    struct snapshot snapshot;

    (void)state;
    report(&snapshot, bytes, ages);
    snapshot_fini(&snapshot);
    report(&snapshot, bytes, ages);

    assert_ptr_equal(trace_at(&snapshot, 0), &sites[1]);
    assert_ptr_equal(trace_at(&snapshot, 1), &sites[2]);
    assert_ptr_equal(trace_at(&snapshot, 2), &sites[0]);
    snapshot_fini(&snapshot);
}

static void
test_growth_order_shrunk_site_comes_last(void **state)
{
    const uint64_t ages[3] = {1, 1, 1};
    const uint64_t first[3] = {9000, 10, 10};
    const uint64_t second[3] = {8000, 10, 10};
    struct snapshot snapshot;

    (void)state;
    report(&snapshot, first, ages);
    snapshot_fini(&snapshot);
    report(&snapshot, second, ages);

    assert_ptr_equal(trace_at(&snapshot, 2), &sites[0]);
    snapshot_fini(&snapshot);
}

/* ---- verdicts, on blocks that are made here ---- */

/* Lines of the places that make blocks. */
enum { QUEUE = 1, CACHE, START_UP, WORK, LOST };

static void *
make(size_t size, unsigned line)
{
    void *p;

    track_explicit("growth.c", line);
    p = track_alloc(size, 0, false, ORIGIN_MALLOC, NULL);
    assert_non_null(p);
    return p;
}

static void
end(void *p)
{
    track_free(p, ORIGIN_FREE, TRACK_NOT_GIVEN, TRACK_NOT_GIVEN, NULL);
}

#define ROUNDS 100
#define CACHE_SIZE 20

/* A program that goes on for ROUNDS steps of the history's: it fills a cache
 * and then replaces what is in it, adds to a queue that nobody drains, and
 * makes blocks that do not last. Returns the time at its end. */
static uint64_t
live_on(void *queue[ROUNDS], void *cache[CACHE_SIZE], void **out_start)
{
    uint64_t now = clock_now();

    *out_start = make(4096, START_UP);
    for (unsigned i = 0; i < ROUNDS; i++) {
        now += GROWTH_STEP_NS;
        end(make(100, WORK));
        queue[i] = make(64, QUEUE);
        if (cache[i % CACHE_SIZE] != NULL)
            end(cache[i % CACHE_SIZE]);
        cache[i % CACHE_SIZE] = make(500, CACHE);
        (void)growth_sample(now);
    }
    return now;
}

static struct snapshot_growth
growth_of(const struct snapshot *snapshot, unsigned line)
{
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (entry->trace != NULL && entry->trace->line == line)
            return entry->growth;
    }
    fail();
    return (struct snapshot_growth){0};
}

/* No entry point is on the stack here, so a scan would take all of it for the
 * library's own, and what only it points to for lost. Kinds are set by hand. */
static void
outstanding_only(void)
{
    assert_int_equal(conf_apply("leak-check=outstanding"), 0);
}

static void
test_growth_judge_tells_a_queue_from_a_cache(void **state)
{
    void *queue[ROUNDS];
    void *cache[CACHE_SIZE] = {NULL};
    struct collect_request request;
    struct snapshot snapshot;
    struct snapshot_growth growth;
    void *start;
    uint64_t now;

    (void)state;
    conf_init(NULL);
    outstanding_only();
    conf_seal();
    track_start();
    growth_forget();
    now = live_on(queue, cache, &start);
    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    collect_snapshot(&request, &snapshot);
    growth_judge(&snapshot, now);

    growth = growth_of(&snapshot, QUEUE);
    assert_int_equal(growth.verdict, SNAPSHOT_GROWING);
    assert_int_equal(growth.alloc_count, ROUNDS);
    assert_int_equal(growth.free_count, 0);
    /* 64 bytes in a quarter of a second. */
    assert_in_range(growth.per_hour, 900000, 950000);
    growth = growth_of(&snapshot, CACHE);
    assert_int_equal(growth.verdict, SNAPSHOT_PLATEAU);
    assert_int_equal(growth.free_count, ROUNDS - CACHE_SIZE);
    assert_int_equal(growth_of(&snapshot, START_UP).verdict, SNAPSHOT_ONE_OFF);

    snapshot_fini(&snapshot);
    for (unsigned i = 0; i < ROUNDS; i++)
        end(queue[i]);
    for (unsigned i = 0; i < CACHE_SIZE; i++)
        end(cache[i]);
    end(start);
}

static void
test_growth_judge_lost_needs_no_history(void **state)
{
    void *p = make(10, LOST);
    struct collect_request request;
    struct snapshot snapshot;

    (void)state;
    outstanding_only();
    growth_forget();
    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    collect_snapshot(&request, &snapshot);
    growth_judge(&snapshot, clock_now());
    assert_int_equal(growth_of(&snapshot, LOST).verdict, SNAPSHOT_NO_VERDICT);
    VECTOR_AT(&snapshot.entries, struct snapshot_entry, 0).kind = LEAK_DEFINITE;
    growth_judge(&snapshot, clock_now());
    assert_int_equal(
        VECTOR_AT(&snapshot.entries, struct snapshot_entry, 0).growth.verdict,
        SNAPSHOT_LOST);
    snapshot_fini(&snapshot);
    end(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_growth_order_second_report_puts_growing_site_first),
        cmocka_unit_test(test_growth_order_equal_growth_puts_oldest_first),
        cmocka_unit_test(test_growth_order_shrunk_site_comes_last),
        cmocka_unit_test(test_growth_judge_tells_a_queue_from_a_cache),
        cmocka_unit_test(test_growth_judge_lost_needs_no_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
