/*
 * report/weigh.c - what each stack of a snapshot weighs.
 */
#include "report/weigh.h"

#include <errno.h>

#include "base/text.h"
#include "meta/table.h"

static const struct {
    const char *key;
    const char *unit;
    const char *title;
} measures[WEIGH__COUNT] = {
#define X(id, key, unit, title) [WEIGH_##id] = {key, unit, title},
    WEIGH_MEASURES(X)
#undef X
};

/* Written by weigh_set, before anything is rendered. */
static enum weigh_measure chosen = WEIGH__COUNT;

const char *
weigh_key(enum weigh_measure measure)
{
    return measures[measure].key;
}

const char *
weigh_unit(enum weigh_measure measure)
{
    return measures[measure].unit;
}

const char *
weigh_title(enum weigh_measure measure)
{
    return measures[measure].title;
}

bool
weigh_find(const char *key, enum weigh_measure *out_measure)
{
    for (unsigned i = 0; i < WEIGH__COUNT; i++) {
        if (text_is_equal(key, measures[i].key)) {
            *out_measure = (enum weigh_measure)i;
            return true;
        }
    }
    return false;
}

void
weigh_set(enum weigh_measure measure)
{
    chosen = measure;
}

enum weigh_measure
weigh_choose(const struct snapshot *snapshot)
{
    if (chosen != WEIGH__COUNT)
        return chosen;
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        if (snapshot_is_leak(
                VECTOR_AT(&snapshot->entries, struct snapshot_entry, i).kind))
            return WEIGH_LEAKED;
    }
    return WEIGH_LIVE;
}

/* The stack of `trace`, made if it is not there; NULL where memory is out. */
static struct weigh_stack *
find_stack(struct vector *stacks, struct table *index,
           const struct trace *trace)
{
    struct weigh_stack *stack;
    uint64_t at;

    if (table_find(index, (uintptr_t)trace, &at))
        return &VECTOR_AT(stacks, struct weigh_stack, at);
    stack = vector_add(stacks);
    if (stack == NULL ||
        table_insert(index, (uintptr_t)trace, stacks->count - 1) != 0)
        return NULL;
    stack->trace = trace;
    return stack;
}

static uint64_t
less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void
add_entry(struct weigh_stack *stack, const struct snapshot_entry *entry,
          bool has_sites)
{
    if (snapshot_is_leak(entry->kind)) {
        stack->values[WEIGH_LEAKED] += entry->bytes;
        stack->values[WEIGH_LEAKED_BLOCKS] += entry->blocks;
    }
    if (has_sites)
        return;
    stack->values[WEIGH_LIVE] += entry->bytes;
    stack->values[WEIGH_LIVE_BLOCKS] += entry->blocks;
    stack->values[WEIGH_ALLOCATED] += entry->bytes;
    stack->values[WEIGH_COUNT] += entry->blocks;
}

static void
add_site(struct weigh_stack *stack, const struct snapshot_site *site)
{
    stack->values[WEIGH_LIVE] += less(site->alloc_bytes, site->free_bytes);
    stack->values[WEIGH_LIVE_BLOCKS] +=
        less(site->alloc_count, site->free_count);
    stack->values[WEIGH_ALLOCATED] += site->alloc_bytes;
    stack->values[WEIGH_COUNT] += site->alloc_count;
}

int
weigh_all(const struct snapshot *snapshot, struct vector *out_stacks)
{
    bool has_sites = snapshot->has_stats && snapshot->sites.count > 0;
    struct table index = TABLE_INIT;
    int result = 0;

    for (size_t i = 0; result == 0 && i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);
        struct weigh_stack *stack =
            find_stack(out_stacks, &index, entry->trace);

        if (stack == NULL)
            result = -ENOMEM;
        else
            add_entry(stack, entry, has_sites);
    }
    for (size_t i = 0; has_sites && result == 0 && i < snapshot->sites.count;
         i++) {
        const struct snapshot_site *site =
            &VECTOR_AT(&snapshot->sites, struct snapshot_site, i);
        struct weigh_stack *stack = find_stack(out_stacks, &index, site->trace);

        if (stack == NULL)
            result = -ENOMEM;
        else
            add_site(stack, site);
    }
    table_fini(&index);
    return result;
}
