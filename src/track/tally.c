/*
 * track/tally.c - the sums over all threads.
 */
#include "track/tally.h"

#include <stdatomic.h>
#include <string.h>

#include "heap/heap.h"
#include "meta/region.h"
#include "meta/table.h"
#include "meta/vector.h"
#include "model/sample.h"
#include "stack/stack.h"
#include "track/policy.h"
#include "track/self.h"
#include "track/retire.h"
#include "track/track.h"
#include "track/trouble.h"

/* Sums that the threads told, and the peak of them. */
static _Atomic int64_t told_bytes;
static _Atomic int64_t told_blocks;
static _Atomic int64_t peak_bytes;
static _Atomic int64_t peak_blocks;
static _Atomic uint64_t peak_time_ns;

static void
raise_peak(int64_t bytes, int64_t blocks)
{
    int64_t peak = atomic_load(&peak_bytes);

    while (bytes > peak) {
        if (atomic_compare_exchange_weak(&peak_bytes, &peak, bytes)) {
            atomic_store(&peak_blocks, blocks);
            atomic_store(&peak_time_ns, track_elapsed_ns());
            return;
        }
    }
}

void
tally_tell(struct tally *tally)
{
    int64_t bytes = (int64_t)(tally->alloc_bytes - tally->free_bytes);
    int64_t blocks = tally->blocks;
    int64_t others = atomic_fetch_add(&told_bytes, bytes - tally->told_bytes) -
                     tally->told_bytes;
    int64_t other_blocks =
        atomic_fetch_add(&told_blocks, blocks - tally->told_blocks) -
        tally->told_blocks;

    raise_peak(others + tally->high, other_blocks + tally->high_blocks);
    tally->told_bytes = bytes;
    tally->told_blocks = blocks;
    tally->high = bytes;
    tally->high_blocks = blocks;
}

uint64_t
tally_live_bytes(void)
{
    int64_t bytes = atomic_load(&told_bytes);

    return bytes < 0 ? 0 : (uint64_t)bytes;
}

/* ---- counters ---- */

struct sums {
    struct tally total;
    uint64_t alloc_count, free_count;
    int64_t high;        /* the most that one self is above what it told */
    int64_t high_blocks; /* ... and its blocks then, less what it told */
};

static void
add_self(struct self *self, void *context)
{
    struct sums *sums = context;
    const struct tally *tally = &self->tally;

    for (unsigned i = 0; i < ORIGIN__COUNT; i++)
        sums->total.calls[i] += tally->calls[i];
    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        sums->alloc_count += tally->sizes_made[i];
        sums->free_count += tally->sizes_freed[i];
    }
    sums->total.alloc_bytes += tally->alloc_bytes;
    sums->total.free_bytes += tally->free_bytes;
    sums->total.failures += tally->failures;
    if (tally->high - tally->told_bytes > sums->high) {
        sums->high = tally->high - tally->told_bytes;
        sums->high_blocks = tally->high_blocks - tally->told_blocks;
    }
}

static uint64_t
calls_of(const struct tally *tally, enum origin first, enum origin last)
{
    uint64_t calls = 0;

    for (unsigned i = first; i <= (unsigned)last; i++)
        calls += tally->calls[i];
    return calls;
}

/* The counters of the calls, by entry point. */
static void
count_calls(const struct tally *t, uint64_t *out)
{
    out[COUNTER_CALLS_MALLOC] = t->calls[ORIGIN_MALLOC];
    out[COUNTER_CALLS_CALLOC] = t->calls[ORIGIN_CALLOC];
    out[COUNTER_CALLS_REALLOC] = calls_of(t, ORIGIN_REALLOC, ORIGIN_RECALLOC);
    out[COUNTER_CALLS_ALIGNED] =
        calls_of(t, ORIGIN_ALIGNED_ALLOC, ORIGIN_PVALLOC);
    out[COUNTER_CALLS_NEW] = calls_of(t, ORIGIN_NEW, ORIGIN_NEW_ARRAY_ALIGNED);
    out[COUNTER_CALLS_FREE] =
        calls_of(t, ORIGIN_FREE, ORIGIN_FREE_ALIGNED_SIZED);
    out[COUNTER_CALLS_DELETE] = calls_of(t, ORIGIN_DELETE, ORIGIN_DELETE_ARRAY);
}

void
track_counters(uint64_t out_counters[COUNTER__COUNT])
{
    struct sums sums;
    struct heap_stats heap;
    int64_t high, peak = atomic_load(&peak_bytes);

    memset(&sums, 0, sizeof(sums));
    memset(out_counters, 0, COUNTER__COUNT * sizeof(*out_counters));
    self_each(add_self, &sums);
    heap_stats(&heap);
    count_calls(&sums.total, out_counters);
    out_counters[COUNTER_BLOCKS_ALLOCATED] = sums.alloc_count;
    out_counters[COUNTER_BYTES_ALLOCATED] = sums.total.alloc_bytes;
    out_counters[COUNTER_BLOCKS_FREED] = sums.free_count;
    out_counters[COUNTER_BYTES_FREED] = sums.total.free_bytes;
    out_counters[COUNTER_BLOCKS_LIVE] = sums.alloc_count - sums.free_count;
    out_counters[COUNTER_BYTES_LIVE] =
        sums.total.alloc_bytes - sums.total.free_bytes;
    if (!track_is_recording()) {
        out_counters[COUNTER_BYTES_LIVE] = heap_in_use();
        out_counters[COUNTER_BYTES_ALLOCATED] =
            out_counters[COUNTER_BYTES_LIVE];
    }
    high = atomic_load(&told_bytes) + sums.high;
    out_counters[COUNTER_BYTES_PEAK] = (uint64_t)(high > peak ? high : peak);
    out_counters[COUNTER_BLOCKS_PEAK] =
        high > peak ? (uint64_t)(atomic_load(&told_blocks) + sums.high_blocks)
                    : (uint64_t)atomic_load(&peak_blocks);
    out_counters[COUNTER_PEAK_TIME] =
        high > peak ? track_elapsed_ns() : atomic_load(&peak_time_ns);
    out_counters[COUNTER_FAILURES] = sums.total.failures;
    out_counters[COUNTER_FINDINGS] = track_finding_count(FINDING__COUNT);
    out_counters[COUNTER_THREADS] = self_thread_count();
    out_counters[COUNTER_HEAP_RESERVED] = heap.reserved;
    out_counters[COUNTER_HEAP_COMMITTED] = heap.committed;
    retire_totals(&out_counters[COUNTER_HELD_BLOCKS],
                  &out_counters[COUNTER_HELD_BYTES]);
    out_counters[COUNTER_META] = meta_bytes();
    out_counters[COUNTER_RECORDS] = heap.arrays;
    out_counters[COUNTER_TRACES] = depot_count();
}

uint64_t
track_operations(void)
{
    struct sums sums;

    memset(&sums, 0, sizeof(sums));
    self_each(add_self, &sums);
    return sums.alloc_count + sums.free_count;
}

struct histograms {
    uint64_t *count;
    uint64_t *live;
};

static void
add_histogram(struct self *self, void *context)
{
    struct histograms *out = context;

    for (unsigned i = 0; i < SNAPSHOT_BUCKETS; i++) {
        out->count[i] += self->tally.sizes_made[i];
        out->live[i] += self->tally.sizes_made[i] - self->tally.sizes_freed[i];
    }
}

void
track_histograms(uint64_t out_count[SNAPSHOT_BUCKETS],
                 uint64_t out_live[SNAPSHOT_BUCKETS])
{
    struct histograms out = {out_count, out_live};

    memset(out_count, 0, SNAPSHOT_BUCKETS * sizeof(*out_count));
    memset(out_live, 0, SNAPSHOT_BUCKETS * sizeof(*out_live));
    self_each(add_histogram, &out);
}

/* ---- totals per trace ---- */

/* Of each trace, by its id: what the selves have not told the depot yet, and
 * what is live, or of what is sampled what it stands for. */
struct site_sum {
    uint64_t alloc_count, alloc_bytes;
    struct sample_sum live;
};

struct site_sums {
    struct table index; /* id -> place in sums */
    struct vector sums; /* struct site_sum */
};

/* The sums of `id`; NULL where there is no memory for them. */
static struct site_sum *
sum_of(struct site_sums *sums, stack_id id)
{
    uint64_t at;

    if (!table_find(&sums->index, id, &at)) {
        at = sums->sums.count;
        if (vector_add(&sums->sums) == NULL ||
            table_insert(&sums->index, id, at) != 0)
            return NULL;
    }
    return &VECTOR_AT(&sums->sums, struct site_sum, at);
}

static void
add_untold(struct self *self, void *context)
{
    struct site_sums *sums = context;

    for (unsigned i = 0; i < STACK_CACHE_COUNT; i++) {
        struct stack_site site = self->stacks.sites[i];
        struct site_sum *sum;

        if (site.id == STACK_ID_NONE || site.allocs == 0)
            continue;
        sum = sum_of(sums, site.id);
        if (sum == NULL)
            return;
        sum->alloc_count += site.allocs;
        sum->alloc_bytes += site.bytes;
    }
}

static bool
add_live(const struct block *block, void *context)
{
    struct site_sum *sum;

    if (block->alloc == NULL)
        return true;
    sum = sum_of(context, block->alloc->id);
    if (sum == NULL)
        return false;
    sample_add(&sum->live, block->size, policy.sample);
    return true;
}

struct site_walk {
    struct site_sums sums;
    bool (*visit)(const struct snapshot_site *, void *);
    void *context;
};

static uint64_t
difference(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static bool
visit_trace(stack_id id, const struct depot_totals *totals,
            const struct trace *trace, void *context)
{
    struct site_walk *walk = context;
    struct snapshot_site site = {
        .trace = trace,
        .alloc_count = totals->alloc_count,
        .alloc_bytes = totals->alloc_bytes,
    };
    uint64_t at;

    if (table_find(&walk->sums.index, id, &at)) {
        const struct site_sum *sum =
            &VECTOR_AT(&walk->sums.sums, struct site_sum, at);

        site.alloc_count += sum->alloc_count;
        site.alloc_bytes += sum->alloc_bytes;
        site.free_count =
            difference(site.alloc_count, real_round(sum->live.blocks));
        site.free_bytes =
            difference(site.alloc_bytes, real_round(sum->live.bytes));
    } else {
        site.free_count = site.alloc_count;
        site.free_bytes = site.alloc_bytes;
    }
    /* A trace of frees alone is no allocation site. */
    return site.alloc_count == 0 || walk->visit(&site, walk->context);
}

void
track_sites_each(bool (*visit)(const struct snapshot_site *, void *),
                 void *context)
{
    struct site_walk walk = {
        .sums = {.index = TABLE_INIT, .sums = VECTOR_INIT(struct site_sum)},
        .visit = visit,
        .context = context};

    self_each(add_untold, &walk.sums);
    (void)track_walk(TRACK_WALK_LIVE, add_live, &walk.sums);
    depot_each(visit_trace, &walk);
    table_fini(&walk.sums.index);
    vector_fini(&walk.sums.sums);
}
