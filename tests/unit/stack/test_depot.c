/*
 * test_depot.c - each trace kept once, by any number of threads, in tables
 * that grow.
 */
#include "stack/depot.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "os/page.h"

/* A trace of `count` addresses that nothing else uses. */
static stack_id
insert(uintptr_t seed, uint32_t count)
{
    uintptr_t pc[64];

    for (uint32_t i = 0; i < count; i++)
        pc[i] = seed * 1000 + i;
    return depot_insert(pc, count, NULL, 0);
}

static void
test_depot_insert_same_trace_gives_the_same_id(void **state)
{
    (void)state;
    for (uintptr_t seed = 1; seed < 100; seed++) {
        stack_id id = insert(seed, (uint32_t)(seed % 40 + 1));

        assert_int_not_equal(id, STACK_ID_NONE);
        assert_int_equal(insert(seed, (uint32_t)(seed % 40 + 1)), id);
    }
}

static void
test_depot_insert_other_trace_gives_another_id(void **state)
{
    static const uintptr_t pc[] = {0x1000, 0x2000, 0x3000};
    static const uintptr_t turned[] = {0x2000, 0x1000, 0x3000};
    stack_id ids[] = {
        depot_insert(pc, 3, NULL, 0),     depot_insert(pc, 2, NULL, 0),
        depot_insert(pc + 1, 2, NULL, 0), depot_insert(turned, 3, NULL, 0),
        depot_insert(pc, 3, "a.c", 1),    depot_insert(pc, 3, "a.c", 2),
        depot_insert(pc, 3, "b.c", 1),    depot_insert(pc, 0, "a.c", 1),
        depot_insert(pc, 3, NULL, 1),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(ids); i++) {
        assert_int_not_equal(ids[i], STACK_ID_NONE);
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(ids[i], ids[j]);
    }
}

static void
test_depot_insert_file_is_compared_by_its_text(void **state)
{
    static const char one[] = "dir/file.c";
    static char other[sizeof(one)];
    const uintptr_t pc = 0x77;

    (void)state;
    memcpy(other, one, sizeof(one));
    assert_int_equal(depot_insert(&pc, 1, one, 5),
                     depot_insert(&pc, 1, other, 5));
}

static void
test_depot_find_gives_the_trace_back(void **state)
{
    static const uintptr_t pc[] = {0x1001, 0x2001, 0x3001};
    stack_id id = depot_insert(pc, 3, "file.c", 12);
    const struct trace *trace = depot_find(id);

    (void)state;
    assert_non_null(trace);
    assert_int_equal(trace->id, id);
    assert_int_equal(trace->count, 3);
    assert_memory_equal(trace->pc, pc, sizeof(pc));
    assert_string_equal(trace->file, "file.c");
    assert_int_equal(trace->line, 12);
    assert_ptr_equal(depot_find(id), trace);
}

static void
test_depot_find_unknown_id_gives_null(void **state)
{
    (void)state;
    assert_null(depot_find(STACK_ID_NONE));
    assert_null(depot_find(UINT32_MAX));
    assert_null(depot_find(40000000));
    assert_null(depot_totals(STACK_ID_NONE));
}

static void
test_depot_totals_are_each_traces_own(void **state)
{
    stack_id a = insert(5001, 2), b = insert(5002, 2);

    (void)state;
    depot_totals(a)->alloc_count += 3;
    depot_totals(b)->alloc_bytes += 9;
    assert_int_equal(depot_totals(a)->alloc_count, 3);
    assert_int_equal(depot_totals(a)->alloc_bytes, 0);
    assert_int_equal(depot_totals(b)->alloc_count, 0);
    assert_int_equal(depot_totals(b)->alloc_bytes, 9);
}

/* ---- growth ---- */

#define MANY 40000u

static stack_id ids[MANY];

static void
test_depot_insert_over_table_sizes_keeps_all(void **state)
{
    uint64_t before = depot_count();

    (void)state;
    for (uint32_t i = 0; i < MANY; i++) {
        ids[i] = insert(100000 + i, i % 6 + 1);
        assert_int_not_equal(ids[i], STACK_ID_NONE);
    }
    assert_int_equal(depot_count() - before, MANY);
    assert_int_equal(depot_lost(), 0);
    for (uint32_t i = 0; i < MANY; i++) {
        const struct trace *trace = depot_find(ids[i]);

        assert_non_null(trace);
        assert_int_equal(trace->id, ids[i]);
        assert_int_equal(trace->count, i % 6 + 1);
        assert_int_equal(trace->pc[0], (uintptr_t)(100000 + i) * 1000);
        assert_int_equal(insert(100000 + i, i % 6 + 1), ids[i]);
    }
    assert_int_equal(depot_count() - before, MANY);
}

static bool
count_one(stack_id id, const struct depot_totals *totals,
          const struct trace *trace, void *context)
{
    assert_int_equal(trace->id, id);
    assert_ptr_equal(depot_find(id), trace);
    assert_ptr_equal(depot_totals(id), totals);
    ++*(uint64_t *)context;
    return true;
}

static bool
stop_at_five(stack_id id, const struct depot_totals *totals,
             const struct trace *trace, void *context)
{
    (void)id;
    (void)totals;
    (void)trace;
    return ++*(uint64_t *)context < 5;
}

static void
test_depot_each_visits_every_trace_once(void **state)
{
    uint64_t count = 0;

    (void)state;
    depot_each(count_one, &count);
    assert_int_equal(count, depot_count());
    count = 0;
    depot_each(stop_at_five, &count);
    assert_int_equal(count, 5);
}

/* ---- threads ---- */

#define THREADS 4
#define SHARED 3000u

static pthread_barrier_t barrier;
static stack_id agreed[THREADS][SHARED];

static void *
insert_shared(void *context)
{
    uintptr_t number = (uintptr_t)context;

    (void)pthread_barrier_wait(&barrier);
    for (uint32_t i = 0; i < SHARED; i++) {
        /* Two go up, two go down, so that they meet. */
        uint32_t at = number % 2 == 0 ? i : SHARED - 1 - i;

        agreed[number][at] = insert(9000000 + at, 3);
    }
    return NULL;
}

/* Twins are allowed only where a table fills up: few, and each whole. */
static void
test_depot_insert_by_threads_agrees(void **state)
{
    pthread_t threads[THREADS];
    unsigned twins = 0;

    (void)state;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, THREADS), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, insert_shared, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&barrier);
    for (uint32_t i = 0; i < SHARED; i++) {
        for (int j = 0; j < THREADS; j++) {
            const struct trace *trace = depot_find(agreed[j][i]);

            assert_non_null(trace);
            assert_int_equal(trace->pc[0], (uintptr_t)(9000000 + i) * 1000);
            twins += agreed[j][i] != agreed[0][i];
        }
    }
    assert_true(twins <= THREADS);
    assert_int_equal(depot_lost(), 0);
}

/* ---- no memory; each in a process of its own, with an empty depot ---- */

static int
status_of(void (*run)(void))
{
    int status;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        run();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

#define NEED(condition)                                                        \
    do {                                                                       \
        if (!(condition))                                                      \
            _exit(__LINE__ % 200 + 1);                                         \
    } while (0)

static void
insert_without_memory(void)
{
    page_fail_at(1, true);
    NEED(insert(1, 3) == STACK_ID_NONE);
    NEED(insert(1, 3) == STACK_ID_NONE);
    NEED(depot_lost() == 2);
    NEED(depot_count() == 0);
    NEED(depot_find(1) == NULL);
    page_fail_at(0, false);
    NEED(insert(1, 3) != STACK_ID_NONE);
    NEED(depot_count() == 1);
}

static void
insert_without_memory_for_the_trace(void)
{
    stack_id id;

    /* The table is had, the memory of traces is not: the id is good, and
     * its totals count, but no trace is behind it. */
    page_fail_at(2, true);
    id = insert(1, 3);
    NEED(depot_lost() == 1);
    NEED(id != STACK_ID_NONE);
    NEED(depot_find(id) == NULL);
    NEED(depot_totals(id) != NULL);
    NEED(insert(1, 3) == id);
    page_fail_at(0, false);
    NEED(insert(2, 3) != id);
    NEED(depot_find(insert(2, 3)) != NULL);
}

/* The second table is refused: what is known stays known. */
static void
insert_without_memory_for_growth(void)
{
    stack_id last = STACK_ID_NONE;
    uintptr_t seed = 0;

    (void)insert(1, 1);
    page_fail_at(1, true);
    do {
        last = insert(++seed, 1);
        NEED(seed < 10000);
    } while (last != STACK_ID_NONE);
    NEED(seed > 700);
    NEED(insert(5, 1) != STACK_ID_NONE);
    page_fail_at(0, false);
    NEED(insert(seed, 1) != STACK_ID_NONE);
}

static void
test_depot_insert_without_memory_gives_none(void **state)
{
    (void)state;
    assert_int_equal(status_of(insert_without_memory), 0);
}

static void
test_depot_insert_without_memory_for_the_trace_counts(void **state)
{
    (void)state;
    assert_int_equal(status_of(insert_without_memory_for_the_trace), 0);
}

static void
test_depot_insert_without_memory_for_growth_keeps_the_old(void **state)
{
    (void)state;
    assert_int_equal(status_of(insert_without_memory_for_growth), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        /* First, while the depot is empty. */
        cmocka_unit_test(test_depot_insert_without_memory_gives_none),
        cmocka_unit_test(test_depot_insert_without_memory_for_the_trace_counts),
        cmocka_unit_test(
            test_depot_insert_without_memory_for_growth_keeps_the_old),
        cmocka_unit_test(test_depot_insert_same_trace_gives_the_same_id),
        cmocka_unit_test(test_depot_insert_other_trace_gives_another_id),
        cmocka_unit_test(test_depot_insert_file_is_compared_by_its_text),
        cmocka_unit_test(test_depot_find_gives_the_trace_back),
        cmocka_unit_test(test_depot_find_unknown_id_gives_null),
        cmocka_unit_test(test_depot_totals_are_each_traces_own),
        cmocka_unit_test(test_depot_insert_over_table_sizes_keeps_all),
        cmocka_unit_test(test_depot_insert_by_threads_agrees),
        cmocka_unit_test(test_depot_each_visits_every_trace_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
