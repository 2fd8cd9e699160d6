/*
 * model/snapshot.c - a snapshot is filled, grouped and thrown away.
 *
 * Grouping looks each block's group up in a table of 64-bit keys, so it costs
 * O(blocks + groups log groups). A key is either exact (a trace's address and
 * the leak kind) or a hash of the call site; a hash that meets another site is
 * told apart by comparing, and the next key is tried.
 */
#include "model/snapshot.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/bits.h"
#include "base/hash.h"
#include "base/text.h"
#include "meta/table.h"
#include "model/sample.h"

static_assert(LEAK__COUNT <= 8, "a leak kind has three bits of a key");

/* What is needed while blocks are put into groups. */
struct grouper {
    struct snapshot *snapshot;
    enum snapshot_grouping grouping;
    struct table groups;     /* key of the group -> index of its entry */
    struct table threads;    /* entry and thread -> 1 */
    struct table leaders;    /* address of a DEFINITE block -> its entry */
    bool has_indirect;       /* leaders are wanted */
    struct vector estimates; /* struct estimate, one for each entry; none
                                where all blocks are here */
};

/* Of sampled blocks: what an entry stands for, and what hangs under that. */
struct estimate {
    struct sample_sum sum;
    double below_blocks, below_bytes;
};

/* Where a DEFINITE block went, as the table of leaders has it. */
static uint64_t
leader_value(size_t block, size_t entry)
{
    return (uint64_t)block << 32 | (uint32_t)entry;
}

void
snapshot_init(struct snapshot *snapshot)
{
    memset(snapshot, 0, sizeof(*snapshot));
    snapshot->program = "";
    snapshot->command_line = "";
    snapshot->host = "";
    snapshot->options = "";
    snapshot->blocks = (struct vector)VECTOR_INIT(struct snapshot_block);
    snapshot->entries = (struct vector)VECTOR_INIT(struct snapshot_entry);
    snapshot->sites = (struct vector)VECTOR_INIT(struct snapshot_site);
    snapshot->threads = (struct vector)VECTOR_INIT(struct snapshot_thread);
    snapshot->history = (struct vector)VECTOR_INIT(struct snapshot_instant);
    snapshot->marks = (struct vector)VECTOR_INIT(struct snapshot_mark);
    snapshot->noticed = (struct vector)VECTOR_INIT(struct snapshot_noticed);
    snapshot->modules = (struct vector)VECTOR_INIT(struct module);
    snapshot->frames = (struct vector)VECTOR_INIT(struct snapshot_frame);
    snapshot->names = (struct vector)VECTOR_INIT(struct snapshot_name);
    snapshot->rules = (struct vector)VECTOR_INIT(struct snapshot_rule);
    snapshot->labels = (struct vector)VECTOR_INIT(struct snapshot_label);
    snapshot->region = (struct region)REGION_INIT;
}

const char *
snapshot_text(struct snapshot *snapshot, const char *text)
{
    const char *copy;

    if (text == NULL || *text == '\0')
        return "";
    copy = region_text(&snapshot->region, text, strlen(text));
    return copy == NULL ? "" : copy;
}

unsigned
snapshot_bucket(uint64_t size)
{
    unsigned bucket = size == 0 ? 0 : bits_log2_floor(size) + 1;

    /* No address space of ours holds blocks of the larger buckets. */
    return bucket < SNAPSHOT_BUCKETS ? bucket : SNAPSHOT_BUCKETS - 1;
}

/* The same file name may lie at several addresses: one per translation unit
 * that includes the header in which the call stands. */
static bool
is_same_site(const struct trace *a, const struct trace *b)
{
    if (a == b)
        return true;
    if (a == NULL || b == NULL)
        return false;
    if (a->file != NULL && b->file != NULL)
        return a->line == b->line && text_is_equal(a->file, b->file);
    if (a->file != NULL || b->file != NULL)
        return false;
    if (a->count == 0 || b->count == 0)
        return a->count == b->count;
    return a->pc[0] == b->pc[0];
}

static uint64_t
site_hash(const struct trace *trace)
{
    if (trace == NULL)
        return 1;
    if (trace->file != NULL)
        return hash_add(hash_bytes(trace->file, strlen(trace->file)),
                        trace->line);
    return trace->count == 0 ? 2 : hash_u64(trace->pc[0]);
}

static bool
is_in_entry(const struct grouper *grouper, const struct snapshot_entry *entry,
            const struct snapshot_block *block, uint32_t parent)
{
    if (entry->kind != (enum leak_kind)block->kind || entry->parent != parent)
        return false;
    if (grouper->grouping == SNAPSHOT_BY_SITE)
        return is_same_site(entry->trace, block->trace);
    return entry->trace == block->trace;
}

static uint64_t
group_key(const struct grouper *grouper, const struct snapshot_block *block,
          uint32_t parent)
{
    uint64_t key;

    /* User addresses have at most 57 bits, so nothing is shifted out. */
    if (grouper->grouping == SNAPSHOT_BY_SITE)
        key = hash_add(site_hash(block->trace), block->kind);
    else
        key = ((uint64_t)(uintptr_t)block->trace << 3) | block->kind;
    return parent == SNAPSHOT_NO_ENTRY ? key : hash_add(key, parent);
}

/* The entry under which an INDIRECT block hangs. */
static uint32_t
find_parent(const struct grouper *grouper, const struct snapshot_block *block)
{
    uint64_t index;

    if (block->kind != LEAK_INDIRECT || block->leader == 0 ||
        !table_find(&grouper->leaders, block->leader, &index))
        return SNAPSHOT_NO_ENTRY;
    return (uint32_t)index + 1; /* the lower half of leader_value */
}

/* The block's entry, made if it is the first of its group; NULL where memory
 * runs out. */
static struct snapshot_entry *
find_entry(struct grouper *grouper, const struct snapshot_block *block,
           size_t *out_index)
{
    struct vector *entries = &grouper->snapshot->entries;
    uint32_t parent = find_parent(grouper, block);
    struct snapshot_entry *entry;
    uint64_t key = 0;
    uint64_t index;

    if (grouper->grouping != SNAPSHOT_BY_BLOCK) {
        key = group_key(grouper, block, parent);
        while (table_find(&grouper->groups, key, &index)) {
            entry = &VECTOR_AT(entries, struct snapshot_entry, index);
            if (is_in_entry(grouper, entry, block, parent)) {
                *out_index = index;
                return entry;
            }
            key = hash_u64(key + 1);
        }
    }
    entry = vector_add(entries);
    if (entry == NULL)
        return NULL;
    if (grouper->grouping != SNAPSHOT_BY_BLOCK &&
        table_insert(&grouper->groups, key, entries->count - 1) != 0) {
        entries->count--;
        return NULL;
    }
    entry->trace = block->trace;
    entry->kind = (enum leak_kind)block->kind;
    entry->origin = (enum origin)block->origin;
    entry->size_min = UINT64_MAX;
    entry->age_min_ns = UINT64_MAX;
    entry->first_thread = block->thread;
    entry->parent = parent;
    entry->name = block->name;
    *out_index = entries->count - 1;
    return entry;
}

/* Without memory for the set the count of threads stays too low, which is all
 * that it is used for: a number for a person. */
static void
count_thread(struct grouper *grouper, struct snapshot_entry *entry,
             size_t index, uint32_t thread)
{
    uint64_t key = ((uint64_t)index << 32) | thread;
    uint64_t value;

    if (entry->threads == 0) {
        entry->threads = 1;
        return;
    }
    if (thread == entry->first_thread)
        return;
    if (table_find(&grouper->threads, key, &value))
        return;
    if (table_insert(&grouper->threads, key, 1) == 0)
        entry->threads++;
}

static void
add_block(struct snapshot_entry *entry, const struct snapshot_block *block)
{
    entry->blocks++;
    entry->bytes += block->size;
    if (block->size < entry->size_min)
        entry->size_min = block->size;
    if (block->size > entry->size_max)
        entry->size_max = block->size;
    if (block->age_ns < entry->age_min_ns)
        entry->age_min_ns = block->age_ns;
    if (block->age_ns > entry->age_max_ns)
        entry->age_max_ns = block->age_ns;
    if (entry->sample_count < SNAPSHOT_SAMPLES) {
        entry->samples[entry->sample_count] = block->addr;
        entry->sample_sizes[entry->sample_count] = block->size;
        entry->sample_count++;
    }
}

static int
compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* By kind, then the larger first, with what hangs below; the trace's id and an
 * address settle the
 * rest, so that the order does not depend on how the sort moves items. */
static int
compare_entries(const void *left, const void *right)
{
    const struct snapshot_entry *a = left;
    const struct snapshot_entry *b = right;
    int order = compare_u64(a->kind, b->kind);

    if (order == 0)
        order =
            compare_u64(b->bytes + b->below_bytes, a->bytes + a->below_bytes);
    if (order == 0)
        order = compare_u64(b->blocks, a->blocks);
    if (order == 0)
        order = compare_u64(a->trace == NULL ? 0 : a->trace->id,
                            b->trace == NULL ? 0 : b->trace->id);
    if (order == 0)
        order = compare_u64(a->samples[0], b->samples[0]);
    return order;
}

/* ---- estimates ---- */

/* What an entry's own estimate is of; NULL if nothing is estimated. Without
 * memory for it the numbers are those of the sampled blocks alone. */
static struct estimate *
estimate_of(struct grouper *grouper, size_t index)
{
    struct snapshot *snapshot = grouper->snapshot;

    if (snapshot->sample == 0)
        return NULL;
    while (grouper->estimates.count <= index) {
        if (vector_add(&grouper->estimates) == NULL) {
            snapshot->is_partial = true;
            return NULL;
        }
    }
    return &VECTOR_AT(&grouper->estimates, struct estimate, index);
}

/* A block hangs under one that was sampled: of all that does, the whole is
 * known, so it is that which the sampled one stands for. */
static void
add_below(struct grouper *grouper, const struct snapshot_block *block)
{
    struct snapshot *snapshot = grouper->snapshot;
    const struct snapshot_block *leader;
    struct estimate *estimate;
    double weight;
    uint64_t value;

    if (block->leader == 0 ||
        !table_find(&grouper->leaders, block->leader, &value))
        return;
    estimate = estimate_of(grouper, (uint32_t)value);
    if (estimate == NULL)
        return;
    leader = &VECTOR_AT(&snapshot->blocks, struct snapshot_block, value >> 32);
    weight = sample_weight(leader->size, snapshot->sample);
    estimate->below_blocks += weight;
    estimate->below_bytes += weight * (double)block->size;
}

static void
round_estimate(struct snapshot_entry *entry, const struct estimate *estimate)
{
    entry->blocks = real_round(estimate->sum.blocks);
    entry->bytes = real_round(estimate->sum.bytes);
    entry->sampled = estimate->sum.sampled;
    entry->blocks_error = real_round(real_root(estimate->sum.blocks_variance));
    entry->bytes_error = real_round(real_root(estimate->sum.bytes_variance));
    entry->below_blocks = real_round(estimate->below_blocks);
    entry->below_bytes = real_round(estimate->below_bytes);
}

/* The entries are complete: their numbers become what they stand for, and the
 * sums the sums of these. */
static void
finish_estimates(struct grouper *grouper)
{
    struct snapshot *snapshot = grouper->snapshot;

    for (size_t i = 0; i < grouper->estimates.count; i++) {
        struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);
        struct snapshot_total *kind = &snapshot->kinds[entry->kind];
        uint64_t blocks = entry->blocks, bytes = entry->bytes;

        round_estimate(entry,
                       &VECTOR_AT(&grouper->estimates, struct estimate, i));
        kind->blocks += entry->blocks - blocks;
        kind->bytes += entry->bytes - bytes;
        snapshot->selected.blocks += entry->blocks - blocks;
        snapshot->selected.bytes += entry->bytes - bytes;
    }
}

/* ---- all blocks ---- */

static void
clear_groups(struct snapshot *snapshot)
{
    vector_clear(&snapshot->entries);
    snapshot->selected = (struct snapshot_total){0, 0};
    memset(snapshot->kinds, 0, sizeof(snapshot->kinds));
}

static int
group_block(struct grouper *grouper, const struct snapshot_block *block)
{
    struct snapshot *snapshot = grouper->snapshot;
    size_t number = (size_t)(block - &VECTOR_AT(&snapshot->blocks,
                                                struct snapshot_block, 0));
    struct estimate *estimate;
    struct snapshot_entry *entry;
    size_t index;

    if (snapshot->sample != 0) {
        add_below(grouper, block);
        if (block->trace == NULL)
            return 0; /* not sampled */
    }
    entry = find_entry(grouper, block, &index);
    if (entry == NULL) {
        /* The other groups go on counting; the report says that it is not
         * whole. */
        snapshot->is_partial = true;
        return -ENOMEM;
    }
    count_thread(grouper, entry, index, block->thread);
    add_block(entry, block);
    estimate = estimate_of(grouper, index);
    if (estimate != NULL)
        sample_add(&estimate->sum, block->size, snapshot->sample);
    snapshot->selected.blocks++;
    snapshot->selected.bytes += block->size;
    snapshot->kinds[entry->kind].blocks++;
    snapshot->kinds[entry->kind].bytes += block->size;
    /* Without memory for it, what hangs under the block stands alone. */
    if (grouper->has_indirect && block->kind == LEAK_DEFINITE)
        (void)!table_insert(&grouper->leaders, block->addr,
                            leader_value(number, index));
    if (entry->parent != SNAPSHOT_NO_ENTRY) {
        struct snapshot_entry *parent = &VECTOR_AT(
            &snapshot->entries, struct snapshot_entry, entry->parent - 1);

        parent->below_blocks++;
        parent->below_bytes += block->size;
    }
    return 0;
}

/* Group the blocks that are INDIRECT, or all others: those come first, so that
 * every leader has its entry. */
static int
group_some(struct grouper *grouper, bool indirect)
{
    struct snapshot *snapshot = grouper->snapshot;
    int result = 0;

    for (size_t i = 0; i < snapshot->blocks.count; i++) {
        const struct snapshot_block *block =
            &VECTOR_AT(&snapshot->blocks, struct snapshot_block, i);

        if ((block->kind == LEAK_INDIRECT) == indirect &&
            group_block(grouper, block) != 0)
            result = -ENOMEM;
    }
    return result;
}

/* Sort the entries; `parent` still names the right one afterwards. */
static int
sort_entries(struct snapshot *snapshot)
{
    struct vector *entries = &snapshot->entries;
    struct table places = TABLE_INIT;
    int result = 0;

    for (size_t i = 0; i < entries->count; i++)
        VECTOR_AT(entries, struct snapshot_entry, i).place = (uint32_t)i;
    vector_sort(entries, compare_entries);
    for (size_t i = 0; i < entries->count && result == 0; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(entries, struct snapshot_entry, i);

        if (entry->below_blocks > 0)
            result = table_insert(&places, entry->place + 1, i + 1);
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
    return result;
}

int
snapshot_group(struct snapshot *snapshot, enum snapshot_grouping grouping)
{
    struct grouper grouper = {.snapshot = snapshot,
                              .grouping = grouping,
                              .groups = TABLE_INIT,
                              .threads = TABLE_INIT,
                              .leaders = TABLE_INIT,
                              .estimates = VECTOR_INIT(struct estimate)};
    int result;
    int sorted;

    clear_groups(snapshot);
    for (size_t i = 0; !grouper.has_indirect && i < snapshot->blocks.count; i++)
        grouper.has_indirect =
            VECTOR_AT(&snapshot->blocks, struct snapshot_block, i).kind ==
            LEAK_INDIRECT;
    result = group_some(&grouper, false);
    if (grouper.has_indirect && group_some(&grouper, true) != 0)
        result = -ENOMEM;
    table_fini(&grouper.groups);
    table_fini(&grouper.threads);
    table_fini(&grouper.leaders);
    finish_estimates(&grouper);
    vector_fini(&grouper.estimates);
    sorted = sort_entries(snapshot);
    return result != 0 ? result : sorted;
}

/* ---- totals ---- */

/* The rules of files may cover what has no trace, for all we know. */
static bool
has_rules(const struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->rules.count; i++) {
        if (VECTOR_AT(&snapshot->rules, struct snapshot_rule, i).file != NULL)
            return true;
    }
    return snapshot->suppressed.blocks > 0;
}

struct snapshot_total
snapshot_kind(const struct snapshot *snapshot, enum leak_kind kind)
{
    /* An estimate of nothing must not be said where there is something. */
    if (snapshot->sample != 0 && snapshot->kinds[kind].blocks == 0 &&
        snapshot->scan.is_done && !has_rules(snapshot))
        return snapshot->counted[kind];
    return snapshot->kinds[kind];
}

struct snapshot_total
snapshot_leaks(const struct snapshot *snapshot)
{
    struct snapshot_total total = {0, 0};

    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        struct snapshot_total kind = snapshot_kind(snapshot, i);

        if (!snapshot_is_leak((enum leak_kind)i))
            continue;
        total.blocks += kind.blocks;
        total.bytes += kind.bytes;
    }
    return total;
}

struct snapshot_total
snapshot_counted(const struct snapshot *snapshot)
{
    struct snapshot_total total = {0, 0};

    if (snapshot->sample == 0)
        return snapshot_leaks(snapshot);
    for (unsigned i = 0; i < LEAK__COUNT; i++) {
        if (!snapshot_is_leak((enum leak_kind)i))
            continue;
        total.blocks += snapshot->counted[i].blocks;
        total.bytes += snapshot->counted[i].bytes;
    }
    return total;
}

/* The blocks are sampled each by itself, so the squares add up. */
struct snapshot_total
snapshot_error(const struct snapshot *snapshot)
{
    double blocks = 0, bytes = 0;

    for (size_t i = 0; i < snapshot->entries.count; i++) {
        const struct snapshot_entry *entry =
            &VECTOR_AT(&snapshot->entries, struct snapshot_entry, i);

        if (!snapshot_is_leak(entry->kind))
            continue;
        blocks += (double)entry->blocks_error * (double)entry->blocks_error;
        bytes += (double)entry->bytes_error * (double)entry->bytes_error;
    }
    return (struct snapshot_total){real_round(real_root(blocks)),
                                   real_round(real_root(bytes))};
}

void
snapshot_fini(struct snapshot *snapshot)
{
    vector_fini(&snapshot->blocks);
    vector_fini(&snapshot->entries);
    vector_fini(&snapshot->sites);
    vector_fini(&snapshot->threads);
    vector_fini(&snapshot->history);
    vector_fini(&snapshot->marks);
    vector_fini(&snapshot->noticed);
    vector_fini(&snapshot->modules);
    vector_fini(&snapshot->frames);
    vector_fini(&snapshot->names);
    vector_fini(&snapshot->rules);
    vector_fini(&snapshot->labels);
    region_fini(&snapshot->region);
    snapshot_init(snapshot);
}
