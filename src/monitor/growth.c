/*
 * monitor/growth.c - the periodic leak report: what grows first.
 *
 * For each group of the last report its bytes are kept by the identity of its
 * trace, so that the next one can order by the difference. Where that table
 * cannot grow, a group counts as new: it is shown too early, never left out.
 */
#include "monitor/growth.h"

#include "base/attr.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "monitor/monitor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes by trace at the last report. Locks: monitor. */
static struct table growth_before = TABLE_INIT;

/* An entry and the number it is ordered by. */
struct growing {
    int64_t growth; /* bytes more than last time */
    struct snapshot_entry entry;
};

/* Traces live for ever, so the address names one. Blocks without a trace make
 * one group of each kind. */
static uint64_t
entry_key(const struct snapshot_entry *entry)
{
    return entry->trace != NULL ? (uint64_t)(uintptr_t)entry->trace
                                : (uint64_t)entry->kind;
}

static int
compare_growing(const void *a, const void *b)
{
    const struct growing *x = a;
    const struct growing *y = b;

    if (x->growth != y->growth)
        return x->growth > y->growth ? -1 : 1;
    if (x->entry.age_max_ns != y->entry.age_max_ns)
        return x->entry.age_max_ns > y->entry.age_max_ns ? -1 : 1;
    if (x->entry.bytes != y->entry.bytes)
        return x->entry.bytes > y->entry.bytes ? -1 : 1;
    return 0;
}

static void
remember(const struct snapshot *snapshot)
{
    table_fini(&growth_before);
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);
        uint64_t bytes = 0;

        /* By block, several entries have one trace: the sum is kept. */
        (void)table_find(&growth_before, entry_key(entry), &bytes);
        if (table_insert(&growth_before, entry_key(entry),
                         bytes + entry->bytes) != 0)
            return; /* the rest counts as new next time */
    }
}

void
growth_order(struct snapshot *snapshot)
{
    struct vector sorted = VECTOR_INIT(struct growing);
    size_t count = snapshot->entries.count;

    if (vector_reserve(&sorted, count) == 0) {
        for (size_t i = 0; i < count; i++) {
            struct growing *growing = vector_add(&sorted);
            uint64_t before = 0;

            if (growing == NULL)
                break; /* cannot be: there is room */
            growing->entry =
                VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);
            (void)table_find(&growth_before, entry_key(&growing->entry),
                             &before); /* new: it grew from 0 */
            growing->growth = (int64_t)(growing->entry.bytes - before);
        }
        vector_sort(&sorted, compare_growing);
        for (size_t i = 0; i < sorted.count; i++)
            VECTOR_AT(&snapshot->entries, struct snapshot_entry, i) =
                VECTOR_AT(&sorted, struct growing, i).entry;
    }
    vector_fini(&sorted);
    remember(snapshot);
}

void
growth_report(void)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_PERIODIC);
    request.with_leaks = true;
    request.by_growth = true;
    (void)monitor_report(&request, NULL); /* our thread makes no other */
}
