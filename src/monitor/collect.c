/*
 * monitor/collect.c - a snapshot of the heap, made from the live set and the
 * counts.
 *
 * The walk visits blocks while other threads go on, so the totals are those of
 * the blocks that were visited, and not of the counters: a report adds up in
 * itself.
 */
#include "monitor/collect.h"

#include "base/attr.h"
#include "meta/table.h"
#include "os/clock.h"
#include "os/process.h"
#include "os/thread.h"
#include "conf/conf.h"
#include "elf/elf.h"
#include "report/report.h"
#include "track/track.h"
#include "leak/leak.h"
#include "monitor/doubt.h"
#include "monitor/leakcheck.h"
#include "monitor/history.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

/* Room for texts of one snapshot on the stack of the thread that makes it. */
#define COLLECT_TEXT_MAX 4096

struct walk {
    const struct collect_request *request;
    struct snapshot *snapshot;
    struct doubt doubt; /* after a scan */
};

/* The kinds of leak-show as bits of enum leak_kind. What was not looked for is
 * listed in any case. */
static unsigned
kinds_to_show(unsigned shown)
{
    unsigned kinds = 1u << LEAK_OUTSTANDING | 1u << LEAK_RUNTIME;

    if (shown & CONF_LEAK_SHOW_ALL)
        return ~0u;
    if (shown & CONF_LEAK_SHOW_DEFINITE)
        kinds |= 1u << LEAK_DEFINITE;
    if (shown & CONF_LEAK_SHOW_INDIRECT)
        kinds |= 1u << LEAK_INDIRECT;
    if (shown & CONF_LEAK_SHOW_POSSIBLE)
        kinds |= 1u << LEAK_POSSIBLE;
    if (shown & CONF_LEAK_SHOW_REACHABLE)
        kinds |= 1u << LEAK_REACHABLE | 1u << LEAK_UNSEEN;
    return kinds;
}

void
collect_request_init(struct collect_request *request,
                     enum snapshot_reason reason)
{
    const struct conf *conf = conf_now();

    *request = (struct collect_request){.reason = reason,
                                        .age_ns = conf->leak_age,
                                        .size_min = conf->leak_size.min,
                                        .size_max = conf->leak_size.max};
    /* The option's default, a lone 0, selects every size. */
    if (request->size_min == 0 && request->size_max == 0)
        request->size_max = UINT64_MAX;
    request->show = kinds_to_show(conf->leak_show);
}

void
collect_request_growth(struct collect_request *request)
{
    request->by_growth = true;
    request->with_growing = true;
}

static bool
is_selected(const struct collect_request *request, const struct block *block,
            uint64_t age_ns)
{
    if (block->is_ignored)
        return false;
    if (block->size < request->size_min || block->size > request->size_max)
        return false;
    if (request->age_ns != 0 && age_ns < request->age_ns)
        return false;
    return request->mark == 0 || track_block_mark(block) >= request->mark;
}

/* Whether what is reachable grows is found out when all of it is there: see
 * growth_choose. */
static bool
is_listed(const struct collect_request *request, enum leak_kind kind)
{
    if (!snapshot_is_leak(kind) && request->with_growing)
        return true;
    return (request->show >> kind & 1) != 0;
}

static unsigned
walk_flags(const struct collect_request *request)
{
    unsigned flags = 0;

    if (!request->without_live)
        flags |= TRACK_WALK_LIVE;
    if (request->with_freed)
        flags |= TRACK_WALK_FREED;
    return flags;
}

static bool
add_block(const struct block *block, void *context)
{
    struct walk *walk = context;
    struct snapshot *snapshot = walk->snapshot;
    uint64_t age_ns = track_age_ns(block);
    enum leak_kind kind = LEAK_OUTSTANDING;
    uintptr_t leader = 0;
    struct snapshot_block *added;

    snapshot->live.blocks++;
    snapshot->live.bytes += block->size;
    if (!is_selected(walk->request, block, age_ns))
        return true;
    if (snapshot->scan.is_done) {
        kind = leak_kind(block->addr, &leader);
        /* Made since the scan, by a thread that could not be stopped. */
        if (kind == LEAK_OUTSTANDING)
            kind = LEAK_REACHABLE;
        kind = doubt_kind(&walk->doubt, block, kind);
    }
    if (!is_listed(walk->request, kind)) {
        snapshot->unlisted[kind].blocks++;
        snapshot->unlisted[kind].bytes += block->size;
        return true;
    }
    if (snapshot->sample != 0) {
        snapshot->counted[kind].blocks++;
        snapshot->counted[kind].bytes += block->size;
        /* Only what hangs under a sampled block is of use without a trace. */
        if (block->alloc == NULL && kind != LEAK_INDIRECT)
            return true;
    }
    added = vector_add(&snapshot->blocks);
    if (added == NULL) {
        snapshot->is_partial = true;
        return true; /* the totals are still wanted */
    }
    added->addr = block->addr;
    added->size = block->size;
    added->trace = block->alloc;
    added->age_ns = age_ns;
    added->thread = block->thread;
    added->origin = (uint8_t)block->origin;
    added->kind = (uint8_t)kind;
    added->leader = leader;
    added->name = (uint16_t)block->name;
    return true;
}

static bool
add_site(const struct snapshot_site *site, void *context)
{
    struct snapshot *snapshot = context;
    struct snapshot_site *added = vector_add(&snapshot->sites);

    if (added == NULL)
        snapshot->is_partial = true;
    else
        *added = *site;
    return added != NULL;
}

static bool
add_thread(const struct snapshot_thread *thread, void *context)
{
    struct snapshot *snapshot = context;
    struct snapshot_thread *added = vector_add(&snapshot->threads);

    if (added == NULL)
        snapshot->is_partial = true;
    else
        *added = *thread;
    return added != NULL;
}

/* Paths of modules live for ever. */
static bool
add_module(const struct module *module, void *context)
{
    struct snapshot *snapshot = context;
    struct module *added = vector_add(&snapshot->modules);

    if (added == NULL)
        snapshot->is_partial = true;
    else
        *added = *module;
    return added != NULL;
}

static void NOINLINE
collect_identity(struct snapshot *snapshot)
{
    char text[COLLECT_TEXT_MAX];

    snapshot->program =
        snapshot_text(snapshot, process_path(text, sizeof(text)));
    snapshot->command_line =
        snapshot_text(snapshot, process_command_line(text, sizeof(text)));
    snapshot->host = snapshot_text(snapshot, process_host(text, sizeof(text)));
    (void)conf_text(text, sizeof(text)); /* cut, if it is very long */
    snapshot->options = snapshot_text(snapshot, text);
    snapshot->pid = thread_process_id();
    snapshot->start_unix_ns = track_start_unix_ns();
    snapshot->time_unix_ns = clock_unix();
    snapshot->elapsed_ns = track_elapsed_ns();
}

static void
collect_counts(struct snapshot *snapshot)
{
    struct process_memory memory = {0};

    track_counters(snapshot->counters);
    /* Unknown (no /proc) stays 0. */
    if (process_memory(&memory) == 0) {
        snapshot->counters[COUNTER_RESIDENT] = memory.resident;
        snapshot->counters[COUNTER_RESIDENT_PEAK] = memory.resident_peak;
    }
    for (unsigned i = 0; i < FINDING__COUNT; i++)
        snapshot->findings[i] = track_finding_count((enum finding_kind)i);
}

static enum snapshot_grouping
grouping_now(void)
{
    switch (conf_now()->leak_group) {
    case CONF_LEAK_GROUP_SITE:
        return SNAPSHOT_BY_SITE;
    case CONF_LEAK_GROUP_NONE:
        return SNAPSHOT_BY_BLOCK;
    default:
        return SNAPSHOT_BY_STACK;
    }
}

/* What is live and selected, in groups. Runs in a copy of the process too
 * (leakcheck.h): it makes no use of libc and takes no lock but the heap's. */
static void
fill(const struct collect_request *request, struct snapshot *snapshot)
{
    struct walk walk = {.request = request, .snapshot = snapshot};

    if (snapshot->scan.is_done)
        doubt_begin(&walk.doubt);
    (void)track_walk(walk_flags(request), add_block, &walk);
    if (snapshot->scan.is_done)
        doubt_end(&walk.doubt);
    /* A scan finds what the runtime keeps, by the pointers that it keeps. */
    if (!snapshot->scan.is_done)
        report_mark_runtime(snapshot);
    if (snapshot_group(snapshot, grouping_now()) != 0)
        snapshot->is_partial = true;
}

/* ---- what the program named ---- */

struct labels {
    struct snapshot *snapshot;
    struct table places; /* number of a name -> its place in the snapshot */
};

static bool
add_label(const struct block *block, void *context)
{
    struct labels *labels = context;
    struct vector *list = &labels->snapshot->labels;
    struct snapshot_label *label;
    uint64_t at;

    if (block->name == 0)
        return true;
    if (!table_find(&labels->places, block->name, &at)) {
        at = list->count;
        if (vector_add(list) == NULL ||
            table_insert(&labels->places, block->name, at) != 0) {
            labels->snapshot->is_partial = true;
            return false;
        }
    }
    label = &VECTOR_AT(list, struct snapshot_label, at);
    label->name = track_name(block->name);
    label->live.blocks++;
    label->live.bytes += block->size;
    return true;
}

static int
compare_labels(const void *left, const void *right)
{
    const struct snapshot_label *a = left;
    const struct snapshot_label *b = right;

    if (a->live.bytes != b->live.bytes)
        return a->live.bytes > b->live.bytes ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* In a walk of their own, for entries may come from a copy of the process. */
static void
collect_labels(struct snapshot *snapshot)
{
    struct labels labels = {.snapshot = snapshot, .places = TABLE_INIT};

    if (track_name(1) == NULL)
        return; /* there are no names */
    (void)track_walk(TRACK_WALK_LIVE, add_label, &labels);
    table_fini(&labels.places);
    vector_sort(&snapshot->labels, compare_labels);
    for (size_t i = 0; i < snapshot->entries.count; i++) {
        struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        entry->label = track_name(entry->name);
    }
}

void
collect_snapshot(const struct collect_request *request,
                 struct snapshot *out_snapshot)
{
    snapshot_init(out_snapshot);
    out_snapshot->reason = request->reason;
    out_snapshot->sample = track_sample();
    out_snapshot->has_leaks = request->with_leaks;
    out_snapshot->has_stats = request->with_stats;
    if (leakcheck_is_wanted(request))
        leakcheck_run(request, out_snapshot, fill);
    else if (request->with_leaks)
        fill(request, out_snapshot);
    if (request->with_leaks)
        collect_labels(out_snapshot);
    collect_identity(out_snapshot);
    collect_counts(out_snapshot);
    if (request->with_stats) {
        track_histograms(out_snapshot->histogram_count,
                         out_snapshot->histogram_live);
        track_sites_each(add_site, out_snapshot);
    }
    track_threads_each(add_thread, out_snapshot);
    if (request->with_file) {
        /* Not modules_refresh: a constructor that asks for a report holds the
         * loader's lock, and would wait for us here. */
        (void)modules_generation();
        modules_each(add_module, out_snapshot);
        history_copy(out_snapshot);
    }
}

struct count {
    const struct collect_request *request;
    struct snapshot_total *total;
};

static bool
count_block(const struct block *block, void *context)
{
    struct count *count = context;

    if (is_selected(count->request, block, track_age_ns(block))) {
        count->total->blocks++;
        count->total->bytes += block->size;
    }
    return true;
}

void
collect_count(const struct collect_request *request,
              struct snapshot_total *out_selected)
{
    struct snapshot_total total = {0};
    struct count count = {.request = request, .total = &total};
    struct snapshot snapshot;

    if (leakcheck_is_wanted(request)) {
        snapshot_init(&snapshot);
        snapshot.sample = track_sample();
        leakcheck_run(request, &snapshot, fill);
        total = snapshot_counted(&snapshot);
        snapshot_fini(&snapshot);
    } else {
        (void)track_walk(walk_flags(request), count_block, &count);
    }
    *out_selected = total;
}

struct copy {
    struct vector *blocks;
    bool failed;
};

static bool
copy_block(const struct block *block, void *context)
{
    struct copy *copy = context;
    struct block *added = vector_add(copy->blocks);

    if (added == NULL) {
        copy->failed = true;
        return false;
    }
    *added = *block;
    return true;
}

int
collect_blocks(unsigned flags, struct vector *out_blocks)
{
    struct copy copy = {.blocks = out_blocks, .failed = false};

    (void)track_walk(flags, copy_block, &copy);
    return copy.failed ? -ENOMEM : 0;
}
