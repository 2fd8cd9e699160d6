/*
 * Unit tests of monitor/growth: the order of the periodic leak report.
 */
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

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
enum { QUEUE = 1, CACHE, START_UP, WORK, LOST, WARM_UP, SAW };

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

#define ROUNDS 160
#define CACHE_SIZE 20
#define WARM_UP_SIZE 40
#define SAW_SIZE 24

/* What a program holds. */
struct holdings {
    void *start;
    void *queue[ROUNDS];
    void *cache[CACHE_SIZE];
    void *warm_up[WARM_UP_SIZE];
    void *saw[SAW_SIZE];
    unsigned round;
    uint64_t now;
};

static void
begin_life(struct holdings *holdings)
{
    growth_forget();
    *holdings = (struct holdings){.now = clock_now()};
    holdings->start = make(4096, START_UP);
}

/* One step of the history's: a cache is filled and then what is in it replaced,
 * a table filled once, a buffer filled and emptied by turns; a queue that
 * nobody drains gets one more; and there are blocks that do not last. */
static void
live_on(struct holdings *holdings)
{
    unsigned i = holdings->round++;
    void **cache = &holdings->cache[i % CACHE_SIZE];

    holdings->now += GROWTH_STEP_NS;
    end(make(100, WORK));
    holdings->queue[i] = make(64, QUEUE);
    if (*cache != NULL)
        end(*cache);
    *cache = make(500, CACHE);
    if (i < WARM_UP_SIZE)
        holdings->warm_up[i] = make(300, WARM_UP);
    for (unsigned k = 0; k < SAW_SIZE && i % SAW_SIZE == 0 && i > 0; k++)
        end(holdings->saw[k]);
    holdings->saw[i % SAW_SIZE] = make(200, SAW);
    (void)growth_sample(holdings->now);
}

static void
end_life(struct holdings *holdings)
{
    end(holdings->start);
    for (unsigned i = 0; i < holdings->round; i++)
        end(holdings->queue[i]);
    for (unsigned i = 0; i < CACHE_SIZE; i++)
        end(holdings->cache[i]);
    for (unsigned i = 0; i < WARM_UP_SIZE; i++)
        end(holdings->warm_up[i]);
    for (unsigned i = 0; i <= (holdings->round - 1) % SAW_SIZE; i++)
        end(holdings->saw[i]);
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
start_library(void)
{
    conf_init(NULL);
    outstanding_only();
    conf_seal();
    track_start();
}

/* A judged snapshot of all that is live. */
static void
judge(const struct holdings *holdings, struct snapshot *snapshot)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    collect_snapshot(&request, snapshot);
    growth_judge(snapshot, holdings->now);
}

static void
test_growth_judge_tells_a_queue_from_a_cache(void **state)
{
    struct holdings holdings;
    struct snapshot snapshot;
    struct snapshot_growth growth;

    (void)state;
    start_library();
    begin_life(&holdings);
    while (holdings.round < ROUNDS)
        live_on(&holdings);
    judge(&holdings, &snapshot);

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
    assert_int_equal(growth_of(&snapshot, WARM_UP).verdict, SNAPSHOT_PLATEAU);
    assert_int_equal(growth_of(&snapshot, SAW).verdict, SNAPSHOT_PLATEAU);

    snapshot_fini(&snapshot);
    end_life(&holdings);
}

/* At every moment: the queue alone is ever called growing, not before there
 * was time enough, and always from then on. */
static void
test_growth_judge_accuses_nothing_else_at_any_time(void **state)
{
    struct holdings holdings;
    bool was_called = false;

    (void)state;
    begin_life(&holdings);
    while (holdings.round < ROUNDS) {
        struct snapshot snapshot;

        live_on(&holdings);
        if (holdings.round < WARM_UP_SIZE)
            continue;
        judge(&holdings, &snapshot);
        for (size_t i = 0; i < snapshot.entries.count; i++) {
            const struct snapshot_entry *entry =
                &VECTOR_AT(&snapshot.entries, struct snapshot_entry, i);
            bool is_called = entry->growth.verdict == SNAPSHOT_GROWING;

            if (entry->trace == NULL || entry->trace->line != QUEUE ||
                entry->growth.span_ns < GROWTH_SPAN_NS) {
                assert_false(is_called);
            } else {
                assert_true(is_called);
                was_called = true;
            }
        }
        snapshot_fini(&snapshot);
    }
    assert_true(was_called);
    end_life(&holdings);
}

/* Nothing is lost: what grows stays in the report, and the rest is counted as
 * not listed. */
static void
test_growth_choose_keeps_what_is_reachable_and_grows(void **state)
{
    struct holdings holdings;
    struct snapshot snapshot;
    struct snapshot_total all;

    (void)state;
    begin_life(&holdings);
    while (holdings.round < ROUNDS)
        live_on(&holdings);
    judge(&holdings, &snapshot);
    all = snapshot.selected;
    snapshot.kinds[LEAK_REACHABLE] = all;
    snapshot.kinds[LEAK_OUTSTANDING] = (struct snapshot_total){0, 0};
    for (size_t i = 0; i < snapshot.entries.count; i++)
        VECTOR_AT(&snapshot.entries, struct snapshot_entry, i).kind =
            LEAK_REACHABLE;
    growth_choose(&snapshot);

    assert_int_equal(snapshot.entries.count, 1);
    assert_int_equal(growth_of(&snapshot, QUEUE).verdict, SNAPSHOT_GROWING);
    assert_int_equal(snapshot.selected.blocks, ROUNDS);
    assert_int_equal(snapshot.selected.bytes, ROUNDS * 64);
    assert_int_equal(snapshot.kinds[LEAK_REACHABLE].bytes, ROUNDS * 64);
    assert_int_equal(snapshot.unlisted[LEAK_REACHABLE].blocks,
                     all.blocks - ROUNDS);
    assert_int_equal(snapshot.unlisted[LEAK_REACHABLE].bytes,
                     all.bytes - ROUNDS * 64);
    snapshot_fini(&snapshot);
    end_life(&holdings);
}

static void
test_growth_choose_keeps_what_is_not_reachable(void **state)
{
    struct holdings holdings;
    struct snapshot snapshot;
    size_t count;

    (void)state;
    begin_life(&holdings);
    live_on(&holdings);
    holdings.round = 1;
    judge(&holdings, &snapshot);
    count = snapshot.entries.count;
    assert_true(count > 0);
    growth_choose(&snapshot);
    assert_int_equal(snapshot.entries.count, count);
    snapshot_fini(&snapshot);
    end(holdings.start);
    end(holdings.queue[0]);
    end(holdings.cache[0]);
    end(holdings.warm_up[0]);
    end(holdings.saw[0]);
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

/* ---- blocks that another allocator makes, some of them before us ---- */

#define OLD_SIZE 300

/* Replace the cache's entries one by one from `from` on, and add to the queue,
 * for so many steps of the history. Returns when that ended. */
static uint64_t
replace(void **cache, void **queue, unsigned from, uint64_t now)
{
    for (unsigned i = from; i < from + ROUNDS; i++) {
        now += GROWTH_STEP_NS;
        end(cache[i % OLD_SIZE]);
        cache[i % OLD_SIZE] = make(500, CACHE);
        queue[i] = make(64, QUEUE);
        (void)growth_sample(now);
    }
    return now;
}

/* The place, as a number, whose verdict is wrong; 0 if there is none. */
static int
judge_observed(uint64_t now)
{
    struct collect_request request;
    struct snapshot snapshot;
    int wrong = 0;

    collect_request_init(&request, SNAPSHOT_API);
    request.with_leaks = true;
    collect_snapshot(&request, &snapshot);
    growth_judge(&snapshot, now);
    if (growth_of(&snapshot, QUEUE).verdict != SNAPSHOT_GROWING)
        wrong = QUEUE;
    if (growth_of(&snapshot, CACHE).verdict != SNAPSHOT_PLATEAU)
        wrong = CACHE;
    snapshot_fini(&snapshot);
    return wrong;
}

static int
observe(void)
{
    static void *cache[OLD_SIZE], *queue[3 * ROUNDS];
    const struct track_allocator libc = {
        malloc, free, calloc, realloc, posix_memalign, malloc_usable_size};
    uint64_t now = clock_now();
    int wrong = 0;

    for (unsigned i = 0; i < OLD_SIZE; i++)
        cache[i] = malloc(500);
    conf_init("leak-check=outstanding");
    conf_seal();
    track_observe(&libc);
    track_start();
    for (unsigned round = 0; round < 3 && wrong == 0; round++) {
        now = replace(cache, queue, round * ROUNDS, now);
        wrong = judge_observed(now);
    }
    return wrong;
}

/* A cache that was full before anybody looked, and whose entries are replaced
 * one by one, is not growing, though all that is known of it does; a queue
 * whose blocks have another size is. In a process of its own, as there is one
 * allocator for each. */
static void
test_growth_judge_a_cache_from_before_is_not_growing(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        _exit(observe());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        /* Before the library is started here. */
        cmocka_unit_test(test_growth_judge_a_cache_from_before_is_not_growing),
        cmocka_unit_test(
            test_growth_order_second_report_puts_growing_site_first),
        cmocka_unit_test(test_growth_order_equal_growth_puts_oldest_first),
        cmocka_unit_test(test_growth_order_shrunk_site_comes_last),
        cmocka_unit_test(test_growth_judge_tells_a_queue_from_a_cache),
        cmocka_unit_test(test_growth_judge_accuses_nothing_else_at_any_time),
        cmocka_unit_test(test_growth_choose_keeps_what_is_reachable_and_grows),
        cmocka_unit_test(test_growth_choose_keeps_what_is_not_reachable),
        cmocka_unit_test(test_growth_judge_lost_needs_no_history),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
