/*
 * monitor/growth.c - what grows.
 *
 * For each group of the last report its bytes are kept by the identity of its
 * trace, so that the next one can order by the difference. Where that table
 * cannot grow, a group counts as new: it is shown too early, never left out.
 *
 * The verdict on a stack is the strongest that its evidence gives: what is
 * lost is lost whether it grows or not; what is reachable and keeps growing is
 * a queue that nobody drains; all else is in use.
 */
#include "monitor/growth.h"

#include "base/attr.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "model/curve.h"
#include "model/sample.h"
#include "os/clock.h"
#include "track/track.h"
#include "monitor/course.h"
#include "monitor/monitor.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes by trace at the last report. Locks: monitor. */
static struct table growth_before = TABLE_INIT;

/* Locks: monitor. */
static struct course growth_course =
    COURSE_INIT(GROWTH_STEP_NS, GROWTH_STACKS_MAX);

static_assert(COURSE_POINTS + 1 == CURVE_POINTS_MAX,
              "a curve is judged by the history and by now");

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

    if (x->entry.kind != y->entry.kind)
        return x->entry.kind < y->entry.kind ? -1 : 1;
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

/* After sorting: each entry's `place` is where it was, by which those that hang
 * under it name it. */
static void
rename_parents(struct vector *entries)
{
    struct table places = TABLE_INIT;

    for (size_t i = 0; i < entries->count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);

        /* Without memory for it, what hangs there stands alone. */
        if (entry->below_blocks > 0)
            (void)!table_insert(&places, entry->place, i + 1);
    }
    for (size_t i = 0; i < entries->count; i++) {
        struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);
        uint64_t place = SNAPSHOT_NO_ENTRY;

        if (entry->parent != SNAPSHOT_NO_ENTRY)
            (void)table_find(&places, entry->parent, &place);
        entry->parent = (uint32_t)place;
    }
    table_fini(&places);
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
            growing->entry.place = (uint32_t)i + 1;
            (void)table_find(&growth_before, entry_key(&growing->entry),
                             &before); /* new: it grew from 0 */
            growing->growth = (int64_t)(growing->entry.bytes - before);
        }
        vector_sort(&sorted, compare_growing);
        for (size_t i = 0; i < sorted.count; i++)
            VECTOR_AT(&snapshot->entries, struct snapshot_entry, i) =
                VECTOR_AT(&sorted, struct growing, i).entry;
        rename_parents(&snapshot->entries);
    }
    vector_fini(&sorted);
    remember(snapshot);
}

bool
growth_goes_on(void)
{
    (void)growth_sample(clock_now()); /* the next is looked up again */
    return true;
}

void
growth_report(void)
{
    struct collect_request request;

    collect_request_init(&request, SNAPSHOT_PERIODIC);
    request.with_leaks = true;
    collect_request_growth(&request);
    request.goes_on = growth_goes_on;
    (void)monitor_report(&request, NULL); /* our thread makes no other */
}

/* ---- the history ---- */

static uint64_t
live_bytes(const struct snapshot_site *site)
{
    return site->alloc_bytes > site->free_bytes
               ? site->alloc_bytes - site->free_bytes
               : 0;
}

static bool
sample_site(const struct snapshot_site *site, void *unused UNUSED)
{
    (void)course_set(&growth_course, site->trace->id, live_bytes(site),
                     site->alloc_count); /* no room: it has no history */
    return true;
}

/* The rows of what was freed and not recorded before, by its class, in the
 * course of the stacks: no stack has such a number. */
static stack_id
unknown_row(unsigned class)
{
    return UINT32_MAX - class;
}

static void
sample_unknown(void)
{
    for (unsigned class = 0; class < TRACK_UNKNOWN_CLASSES; class ++) {
        uint64_t blocks, bytes;

        track_unknown(class, &blocks, &bytes);
        (void)course_set(&growth_course, unknown_row(class), bytes,
                         blocks); /* as above */
    }
}

uint64_t
growth_sample(uint64_t now_ns)
{
    if (now_ns >= course_due_ns(&growth_course)) {
        course_look(&growth_course, now_ns);
        track_sites_each(sample_site, NULL);
        sample_unknown();
    }
    return course_due_ns(&growth_course);
}

void
growth_forget(void)
{
    course_fini(&growth_course);
    table_fini(&growth_before);
}

/* ---- verdicts ---- */

/* One stack while a snapshot is judged. */
struct judged {
    uint64_t alloc_count, free_count;
    uint64_t live;     /* bytes now */
    double old_blocks; /* live blocks older than old_ns */
    bool is_doubted;   /* not all frees of its blocks are seen */
};

struct judge {
    struct snapshot *snapshot;
    uint64_t now_ns;
    uint64_t old_ns; /* the age of the point `old_at`, 0: none */
    unsigned old_at;
    struct table index;   /* address of a trace -> its place in stacks */
    struct vector stacks; /* struct judged */
};

static struct judged *
find_stack(const struct judge *judge, const struct trace *trace)
{
    uint64_t at;

    if (trace == NULL || !table_find(&judge->index, (uintptr_t)trace, &at))
        return NULL;
    return &VECTOR_AT(&judge->stacks, struct judged, at);
}

/* Give each stack that is in the snapshot its place. Without memory the rest
 * gets no verdict. */
static void
add_stacks(struct judge *judge)
{
    const struct vector *entries = &judge->snapshot->entries;

    for (size_t i = 0; i < entries->count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);
        struct judged *stack = find_stack(judge, entry->trace);

        if (entry->trace == NULL)
            continue;
        if (stack == NULL) {
            stack = vector_add(&judge->stacks);
            if (stack == NULL ||
                table_insert(&judge->index, (uintptr_t)entry->trace,
                             judge->stacks.count - 1) != 0)
                return;
        }
        stack->is_doubted |= entry->kind == LEAK_UNSEEN;
    }
}

static bool
count_site(const struct snapshot_site *site, void *context)
{
    struct judged *stack = find_stack(context, site->trace);

    if (stack != NULL) {
        stack->alloc_count = site->alloc_count;
        stack->free_count = site->free_count;
        stack->live = live_bytes(site);
    }
    return true;
}

static bool
count_block(const struct block *block, void *context)
{
    const struct judge *judge = context;
    struct judged *stack = find_stack(judge, block->alloc);

    if (stack != NULL && track_age_ns(block) >= judge->old_ns)
        stack->old_blocks += sample_weight(block->size, track_sample());
    return true;
}

/* Blocks that are older than a point of the history in the middle of it: what
 * share of those made until then lives? The snapshot's blocks may be in a copy
 * of the process. */
static void
count_old(struct judge *judge)
{
    if (growth_course.count < 2)
        return;
    judge->old_at = growth_course.count / 2;
    judge->old_ns = judge->now_ns - growth_course.times[judge->old_at];
    (void)track_walk(TRACK_WALK_LIVE, count_block, judge);
}

/*
 * The allocator's rounding and its own words may put a block of `size` bytes
 * into a class this much higher.
 */
#define SLACK(size) (32 + (size) / 4)

/*
 * In another allocator's heap a cache that is full seems to fill: for each of
 * its blocks that is replaced, one is freed that was not recorded, until all of
 * them are of our time. So what was freed in the sizes of the stack's blocks is
 * taken off, and what then does not grow any more does not count as growing.
 * A stack that really grows is found a little later, when the frees abate.
 */
static bool
is_only_replacing(const struct snapshot_entry *entry,
                  const struct curve_point *points, unsigned count)
{
    unsigned last =
        track_unknown_class(entry->size_max + SLACK(entry->size_max));
    struct curve_point rest[CURVE_POINTS_MAX];
    struct curve curve;
    bool is_changed = false;

    for (unsigned i = 0; i < count; i++)
        rest[i] = curve_point_at(points[i].time_ns, points[i].value);
    for (unsigned class = track_unknown_class(entry->size_min); class <= last;
         class ++) {
        const struct course_row *row =
            course_find(&growth_course, unknown_row(class));
        uint64_t blocks, bytes;

        if (row == NULL)
            continue;
        track_unknown(class, &blocks, &bytes);
        for (unsigned i = 0; i < count; i++) {
            double freed =
                i < growth_course.count ? (double)row->bytes[i] : (double)bytes;

            rest[i] = curve_point_at(rest[i].time_ns, rest[i].value - freed);
        }
        is_changed = true;
    }
    if (!is_changed)
        return false;
    curve_judge(rest, count, &curve);
    return curve.shape != CURVE_GROWING;
}

static enum snapshot_verdict
verdict_on(const struct snapshot_entry *entry, const struct curve *curve,
           const struct curve_point *points, unsigned count)
{
    switch (curve->shape) {
    case CURVE_GROWING:
        if (curve->span_ns < GROWTH_SPAN_NS)
            return SNAPSHOT_NO_VERDICT;
        return is_only_replacing(entry, points, count) ? SNAPSHOT_PLATEAU
                                                       : SNAPSHOT_GROWING;
    case CURVE_PLATEAU:
        return SNAPSHOT_PLATEAU;
    case CURVE_LEVEL:
        return SNAPSHOT_ONE_OFF;
    default:
        return SNAPSHOT_NO_VERDICT;
    }
}

static void
judge_trend(const struct judge *judge, const struct judged *stack,
            const struct course_row *row, struct snapshot_entry *entry)
{
    struct snapshot_growth *growth = &entry->growth;
    struct curve_point points[CURVE_POINTS_MAX];
    struct curve curve;
    unsigned count = growth_course.count;

    for (unsigned i = 0; i < count; i++)
        points[i] = course_point(&growth_course, row, i);
    if (judge->now_ns > growth_course.times[count - 1])
        points[count++] = curve_point_at(judge->now_ns, (double)stack->live);
    curve_judge(points, count, &curve);
    growth->points = curve.points;
    growth->span_ns = curve.span_ns;
    growth->quiet_ns = curve.quiet_ns;
    growth->per_hour = (int64_t)(curve.slope * 3600);
    growth->old_ns = judge->old_ns;
    growth->old_made = (uint64_t)row->made[judge->old_at];
    growth->old_blocks = real_round(stack->old_blocks);
    if (growth->old_blocks > growth->old_made)
        growth->old_blocks = growth->old_made;
    growth->verdict = verdict_on(entry, &curve, points, count);
    if (growth->verdict == SNAPSHOT_GROWING && stack->is_doubted)
        growth->verdict = SNAPSHOT_NO_VERDICT;
}

static void
judge_entry(const struct judge *judge, struct snapshot_entry *entry)
{
    const struct judged *stack = find_stack(judge, entry->trace);
    const struct course_row *row;

    entry->growth = (struct snapshot_growth){0};
    if (stack != NULL) {
        row = course_find(&growth_course, entry->trace->id);
        entry->growth.alloc_count = stack->alloc_count;
        entry->growth.free_count = stack->free_count;
        if (row != NULL)
            judge_trend(judge, stack, row, entry);
    }
    if (snapshot_is_lost(entry->kind))
        entry->growth.verdict = SNAPSHOT_LOST;
}

void
growth_judge(struct snapshot *snapshot, uint64_t now_ns)
{
    struct judge judge = {.snapshot = snapshot,
                          .now_ns = now_ns,
                          .index = TABLE_INIT,
                          .stacks = VECTOR_INIT(struct judged)};

    add_stacks(&judge);
    track_sites_each(count_site, &judge);
    count_old(&judge);
    for (size_t i = 0; i < snapshot->entries.count; i++)
        judge_entry(&judge,
                    &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i));
    table_fini(&judge.index);
    vector_fini(&judge.stacks);
}

/* The entry is left out of the report. */
static void
unlist(struct snapshot *snapshot, const struct snapshot_entry *entry)
{
    struct snapshot_total *counted = &snapshot->counted[entry->kind];
    struct snapshot_total *unlisted = &snapshot->unlisted[entry->kind];
    struct snapshot_total *kind = &snapshot->kinds[entry->kind];

    unlisted->blocks += entry->blocks;
    unlisted->bytes += entry->bytes;
    kind->blocks -= entry->blocks;
    kind->bytes -= entry->bytes;
    snapshot->selected.blocks -= entry->blocks;
    snapshot->selected.bytes -= entry->bytes;
    /* Of sampled blocks these are exact, and the entry is an estimate. */
    if (snapshot->sample == 0)
        return;
    counted->blocks -=
        entry->blocks < counted->blocks ? entry->blocks : counted->blocks;
    counted->bytes -=
        entry->bytes < counted->bytes ? entry->bytes : counted->bytes;
}

void
growth_choose(struct snapshot *snapshot)
{
    struct vector *entries = &snapshot->entries;
    size_t kept = 0;

    for (size_t i = 0; i < entries->count; i++) {
        struct snapshot_entry entry =
            VECTOR_AT(entries, struct snapshot_entry, i);

        if ((entry.kind == LEAK_REACHABLE || entry.kind == LEAK_UNSEEN) &&
            entry.growth.verdict != SNAPSHOT_GROWING) {
            unlist(snapshot, &entry);
            continue;
        }
        /* Entries that others name as their parent come before these. */
        VECTOR_AT(entries, struct snapshot_entry, kept++) = entry;
    }
    entries->count = kept;
}
