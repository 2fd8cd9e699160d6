/*
 * Unit tests of monitor/growth: the order of the periodic leak report.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "monitor/growth.h"

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            test_growth_order_second_report_puts_growing_site_first),
        cmocka_unit_test(test_growth_order_equal_growth_puts_oldest_first),
        cmocka_unit_test(test_growth_order_shrunk_site_comes_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
